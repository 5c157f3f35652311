// Command capture counts the frames that arrive and drops them, with a thread for each queue of the interface, pinned to
// a core. Once a second it prints how many came on each queue. The host gets none of the frames.
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
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/redirect"
)

func main() {
	log.SetFlags(0)
	name := flag.String("i", "", "`interface` to receive on")
	mode := flag.String("xdp", "auto", "`mode` of XDP: auto, native or generic")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ifi, err := net.InterfaceByName(*name)
	if err != nil {
		log.Fatalf("capture: interface %q: %v", *name, err)
	}
	p := must(redirect.Attach(ifi.Index, redirect.Config{Mode: must(redirect.ParseMode(*mode))}))
	must(0, redirect.WaitCarrier(ifi.Index, 15*time.Second))
	g := must(xsk.OpenGroup(xsk.GroupConfig{Config: xsk.Config{Ifindex: ifi.Index, Direction: xsk.ReceiveOnly}}))
	fmt.Printf("capturing on %d queues, XDP mode %v\n", len(g.Queues()), p.Attachment().Mode)
	var wg sync.WaitGroup
	for i, q := range g.Queues() {
		must(0, p.Add(q.Info().Queue, q.RX().FD()))
		wg.Go(func() { drop(ctx, q.RX(), i%runtime.NumCPU()) })
	}
	last := make([]uint64, len(g.Queues()))
	for ctx.Err() == nil {
		time.Sleep(time.Second)
		report(g, last)
	}
	wg.Wait()
	report(g, last)
	must(0, errors.Join(p.Close(), g.Close()))
}

func drop(ctx context.Context, rx *xsk.RxQueue, cpu int) {
	runtime.LockOSThread() // for good: the thread ends with the goroutine
	var only unix.CPUSet
	only.Set(cpu)
	must(0, os.NewSyscallError("sched_setaffinity", unix.SchedSetaffinity(0, &only)))
	for ctx.Err() == nil {
		must(0, rx.Wait(100*time.Millisecond))
		rx.Release(rx.Receive(64))
	}
}

func report(g *xsk.Group, last []uint64) {
	for i, q := range g.Queues() {
		n, lost := q.RX().Counters().Received, must(q.Stats())
		fmt.Printf("queue %d: %d new, %d in all, %d lost\n", q.Info().Queue, n-last[i], n, lost.RxDropped+lost.RxRingFull)
		last[i] = n
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal("capture: ", err)
	}
	return v
}
