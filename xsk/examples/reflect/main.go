// Command reflect sends every frame that it receives, on any queue of an interface, back to where it came from: it swaps
// the MAC addresses, and the IP addresses of IPv4. The host gets none of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/redirect"
)

func main() {
	log.SetFlags(0)
	name := flag.String("i", "", "`interface` to reflect on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ifi, err := net.InterfaceByName(*name)
	if err != nil {
		log.Fatalf("reflect: interface %q: %v", *name, err)
	}
	p := must(redirect.Attach(ifi.Index, redirect.Config{}))
	must(0, redirect.WaitCarrier(ifi.Index, 15*time.Second))
	g := must(xsk.OpenGroup(xsk.GroupConfig{Config: xsk.Config{Ifindex: ifi.Index, TxSlotSize: 2048}}))
	var wg sync.WaitGroup
	for _, q := range g.Queues() {
		if q.RX() == nil || q.TX() == nil {
			log.Fatalf("reflect: queue %d of %s goes in one direction only", q.Info().Queue, ifi.Name)
		}
		must(0, p.Add(q.Info().Queue, q.RX().FD()))
		wg.Go(func() { reflect(ctx, q.RX(), q.TX()) })
	}
	fmt.Printf("reflecting on %d queues, XDP mode %v\n", len(g.Queues()), p.Attachment().Mode)
	wg.Wait()
	must(0, errors.Join(p.Close(), g.Close()))
}

func reflect(ctx context.Context, rx *xsk.RxQueue, tx *xsk.TxQueue) {
	for ctx.Err() == nil {
		must(0, rx.Wait(100*time.Millisecond))
		n := tx.Reserve(rx.Receive(64)) // a frame that there is no slot for stays and is received again
		for i := range n {
			frame := tx.Frame(i)[:copy(tx.Frame(i), rx.Frame(i))]
			tx.SetLen(i, len(frame))
			swap(frame[0:6], frame[6:12])
			if len(frame) >= 34 && frame[12] == 0x08 && frame[13] == 0x00 {
				swap(frame[26:30], frame[30:34]) // checksums stay right: a sum does not know order
			}
		}
		tx.Submit(n)
		rx.Release(n)
		if res := must(tx.Kick()); res == xsk.KickBackpressure || res == xsk.KickDropped {
			time.Sleep(100 * time.Microsecond)
		}
	}
	must(tx.Drain(time.Second))
}

func swap(a, b []byte) {
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal("reflect: ", err)
	}
	return v
}
