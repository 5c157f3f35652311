package xsk_test

import (
	"fmt"
	"log"
	"net"
	"time"

	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/redirect"
)

// Receive the DNS queries of one queue; everything else goes to the host as before.
func Example_receive() {
	ifi, err := net.InterfaceByName("eth1")
	if err != nil {
		log.Fatal(err)
	}
	p, err := redirect.Attach(ifi.Index, redirect.Config{Filter: redirect.Filter{Protocol: 17, Ports: []uint16{53}}})
	if err != nil {
		log.Fatal(err) // a *redirect.ForeignProgramError names the program that is in the way
	}
	defer p.Close()
	q, err := xsk.Open(xsk.Config{Ifindex: ifi.Index, Direction: xsk.ReceiveOnly})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()
	if err := p.Add(0, q.RX().FD()); err != nil {
		log.Fatal(err)
	}
	for rx := q.RX(); ; {
		if err := rx.Wait(time.Second); err != nil {
			log.Fatal(err)
		}
		n := rx.Receive(64)
		for i := range n {
			fmt.Println(len(rx.Frame(i)), "bytes, in place until Release")
		}
		rx.Release(n)
	}
}

// Send every frame of one queue back: the loop of a reflector, without its start and end. xsk/examples/reflect is whole.
func Example_reflect() {
	var q *xsk.Queue // both ways, with TxSlotSize as large as the frames, its socket in an XSKMAP
	for rx, tx := q.RX(), q.TX(); ; {
		if err := rx.Wait(100 * time.Millisecond); err != nil {
			log.Fatal(err)
		}
		n := tx.Reserve(rx.Receive(64)) // what there is no slot for stays, and is received again
		for i := range n {
			frame := tx.Frame(i)[:copy(tx.Frame(i), rx.Frame(i))]
			tx.SetLen(i, len(frame))
			src, dst := [6]byte(frame[6:12]), [6]byte(frame[0:6])
			copy(frame[0:6], src[:])
			copy(frame[6:12], dst[:])
		}
		tx.Submit(n)
		rx.Release(n)
		if res, err := tx.Kick(); err != nil {
			log.Fatal(err)
		} else if res == xsk.KickBackpressure || res == xsk.KickDropped {
			time.Sleep(100 * time.Microsecond)
		}
	}
}

// Call a function with each frame, in the memory that the kernel received it into.
func ExampleRxQueue_Frame() {
	apply := func(rx *xsk.RxQueue, f func(frame []byte)) int {
		n := rx.Receive(64)
		for i := range n {
			f(rx.Frame(i)) // f must not keep the frame
		}
		rx.Release(n)
		return n
	}

	var q *xsk.Queue // opened to receive, its socket in an XSKMAP
	n := apply(q.RX(), func(frame []byte) { fmt.Printf("to %x\n", frame[:6]) })
	fmt.Println(n, "frames")
}
