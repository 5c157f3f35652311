package redirect_test

import (
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/redirect"
)

// Receive DNS queries on every queue's socket; the host keeps everything else.
func ExampleAttach() {
	ifi, err := net.InterfaceByName("eth1")
	if err != nil {
		log.Fatal(err)
	}
	p, err := redirect.Attach(ifi.Index, redirect.Config{
		Filter: redirect.Filter{Protocol: unix.IPPROTO_UDP, Ports: []uint16{53}},
	})
	if foreign, ok := errors.AsType[*redirect.ForeignProgramError](err); ok {
		log.Fatalf("program %q is in the way", foreign.Name)
	}
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	if a := p.Attachment(); a.NotNative != nil {
		log.Printf("slower than it could be: %v", a.NotNative)
	}
	if err := redirect.WaitCarrier(ifi.Index, 15*time.Second); err != nil {
		log.Fatal(err)
	}

	g, err := xsk.OpenGroup(xsk.GroupConfig{Config: xsk.Config{Ifindex: ifi.Index, Direction: xsk.ReceiveOnly}})
	if err != nil {
		log.Fatal(err)
	}
	defer g.Close()
	for _, q := range g.Queues() {
		if err := p.Add(q.Info().Queue, q.RX().FD()); err != nil {
			log.Fatal(err)
		}
	}
}

// Join a program that somebody else attached, by the map of sockets that it pinned.
func ExampleUseMap() {
	pinned, err := ebpf.LoadPinnedMap("/sys/fs/bpf/dispatcher/xsks", nil)
	if err != nil {
		log.Fatal(err)
	}
	sockets, err := redirect.UseMap(pinned)
	if err != nil {
		log.Fatal(err)
	}
	defer sockets.Close()

	q, err := xsk.Open(xsk.Config{Ifindex: 2, Direction: xsk.ReceiveOnly})
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close() // takes the socket out of the map
	if err := sockets.Add(q.Info().Queue, q.RX().FD()); err != nil {
		log.Fatal(err)
	}
}

// Try a filter on a frame, in the kernel, without an interface.
func ExampleProgram_Run() {
	p, err := redirect.Load(redirect.Config{
		Filter: redirect.Filter{EtherType: 0x0806},
		Action: redirect.Drop,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	arp := make([]byte, 60)
	arp[12], arp[13] = 0x08, 0x06
	verdict, err := p.Run(arp)
	fmt.Println(verdict == 1, err)
}
