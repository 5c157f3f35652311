// Command apply calls a function with each UDP datagram that arrives on one queue, in place, in the memory that the kernel
// received it into. This function prints who sent what to whom. The host gets all other packets.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"time"

	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/redirect"
)

func main() {
	log.SetFlags(0)
	name := flag.String("i", "", "`interface` to receive on")
	queue := flag.Uint("q", 0, "`queue` to receive on")
	port := flag.Uint("port", 53, "destination `port` of the datagrams")
	flag.Parse()
	if *port > 65535 || *queue > 65535 {
		log.Fatalf("apply: port %d, queue %d: at most 65535", *port, *queue)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ifi, err := net.InterfaceByName(*name)
	if err != nil {
		log.Fatalf("apply: interface %q: %v", *name, err)
	}
	filter := redirect.Filter{Protocol: 17, Ports: []uint16{uint16(*port)}}
	p := must(redirect.Attach(ifi.Index, redirect.Config{Filter: filter, Queues: int(*queue) + 1}))
	must(0, redirect.WaitCarrier(ifi.Index, 15*time.Second))
	q := must(xsk.Open(xsk.Config{Ifindex: ifi.Index, Interface: ifi.Name, Queue: uint32(*queue), Direction: xsk.ReceiveOnly}))
	must(0, p.Add(uint32(*queue), q.RX().FD()))
	fmt.Printf("receiving port %d on queue %d, XDP mode %v\n", *port, *queue, p.Attachment().Mode)
	for ctx.Err() == nil {
		must(0, q.RX().Wait(100*time.Millisecond))
		apply(q.RX(), show)
	}
	n, lost := must(p.Counters()), must(q.Stats())
	fmt.Printf("%d datagrams, of which %d lost; %d more went to the host, by other queues\n",
		n.Matched, lost.RxDropped+lost.RxRingFull, n.Unbound)
	must(0, errors.Join(p.Close(), q.Close()))
}

// apply calls f with every frame that waits, and then lets the kernel have the memory again: f must not keep a frame.
func apply(rx *xsk.RxQueue, f func(frame []byte)) {
	n := rx.Receive(64)
	for i := range n {
		f(rx.Frame(i))
	}
	rx.Release(n)
}

// show is given IPv4 with at least a UDP header, by the filter.
func show(frame []byte) {
	if frame[12] != 0x08 || frame[13] != 0x00 {
		fmt.Println("datagram in a VLAN")
		return
	}
	src, dst := netip.AddrFrom4([4]byte(frame[26:30])), netip.AddrFrom4([4]byte(frame[30:34]))
	udp := frame[14+int(frame[14]&15)*4:]
	end := min(max(int(binary.BigEndian.Uint16(udp[4:])), 8), len(udp)) // short frames are padded
	fmt.Printf("%v > %v: %q\n", src, dst, udp[8:end])
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal("apply: ", err)
	}
	return v
}
