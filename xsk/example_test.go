package xsk_test

import (
	"fmt"
	"log"
	"net"
	"sync"
	"time"

	"github.com/xsweep/xsweep/xsk"
)

// Send one frame a thousand times on the first queue of an interface.
func ExampleOpen() {
	ifi, err := net.InterfaceByName("eth1")
	if err != nil {
		log.Fatal(err)
	}
	q, err := xsk.Open(xsk.Config{Ifindex: ifi.Index, Interface: ifi.Name, Direction: xsk.TransmitOnly})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()

	tx := q.TX()
	tx.Prefill(make([]byte, 60))
	for sent := 0; sent < 1000; {
		n := tx.Reserve(min(64, 1000-sent))
		tx.Submit(n)
		sent += n
		res, err := tx.Kick()
		if err != nil {
			log.Fatal(err)
		}
		if res == xsk.KickBackpressure || res == xsk.KickDropped {
			time.Sleep(100 * time.Microsecond)
		}
	}
	left, err := tx.Drain(time.Second)
	fmt.Println(left, "not completed:", err)
}

// Count the frames that an XDP program redirects to every queue of an interface, a goroutine each.
func ExampleOpenGroup() {
	ifi, err := net.InterfaceByName("eth1")
	if err != nil {
		log.Fatal(err)
	}
	g, err := xsk.OpenGroup(xsk.GroupConfig{Config: xsk.Config{Ifindex: ifi.Index, Direction: xsk.ReceiveOnly}})
	if err != nil {
		log.Fatal(err)
	}
	defer g.Close()

	var wg sync.WaitGroup
	for _, q := range g.Queues() {
		// Put q.RX().FD() into an XSKMAP at index q.Info().Queue first.
		wg.Go(func() {
			rx := q.RX()
			for end := time.Now().Add(time.Minute); time.Now().Before(end); {
				if err := rx.Wait(100 * time.Millisecond); err != nil {
					log.Print(err)
					return
				}
				rx.Release(rx.Receive(64))
			}
			fmt.Println(q.Info().Queue, rx.Counters().Received)
		})
	}
	wg.Wait() // Close only after the owners have stopped
}
