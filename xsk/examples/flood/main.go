// Command flood sends DNS queries, all alike but for the query ID, at full speed or spaced. Send them to nobody who
// has not asked for them.
package main

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/xsweep/xsweep/xsk"
)

func main() {
	log.SetFlags(0)
	var src, dst netip.Addr
	flag.TextVar(&src, "src", netip.MustParseAddr("198.18.0.1"), "source `address`")
	flag.TextVar(&dst, "dst", netip.MustParseAddr("198.18.0.2"), "destination `address`")
	name := flag.String("i", "", "`interface` to send on")
	mac := flag.String("mac", "", "hardware `address` of the destination, or of the gateway to it")
	count := flag.Int("n", 1000, "`queries` to send")
	gap := flag.Duration("gap", 0, "`time` between queries; 0 sends them as fast as the kernel takes them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ifi, err := net.InterfaceByName(*name)
	if err != nil {
		log.Fatalf("flood: interface %q: %v", *name, err)
	}
	query := must(build(ifi.HardwareAddr, must(net.ParseMAC(*mac)), src, dst))
	clear(query[40:42]) // IPv4 allows UDP without a checksum, and the ID is about to change
	q := must(xsk.Open(xsk.Config{Ifindex: ifi.Index, Interface: ifi.Name, Direction: xsk.TransmitOnly}))
	tx, start, sent := q.TX(), time.Now(), 0
	tx.Prefill(query)
	for sent < *count && ctx.Err() == nil {
		due := min(*count, int(time.Since(start)/max(*gap, 1))) - sent
		n := tx.Reserve(min(64, due))
		for i := range n {
			binary.BigEndian.PutUint16(tx.Frame(i)[42:], uint16(sent+i)) // the ID, behind Ethernet, IPv4 and UDP
		}
		tx.Submit(n)
		sent += n
		if res := must(tx.Kick()); n == 0 || res == xsk.KickBackpressure || res == xsk.KickDropped {
			time.Sleep(100 * time.Microsecond)
		}
	}
	left := must(tx.Drain(time.Second))
	fmt.Printf("%d queries sent, %d dropped by the device, %d not completed\n", sent, tx.Counters().Dropped, left)
	must(0, q.Close())
}

func build(from, to net.HardwareAddr, src, dst netip.Addr) ([]byte, error) {
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	udp := &layers.UDP{SrcPort: 1234, DstPort: 53}
	must(0, udp.SetNetworkLayerForChecksum(ip)) // gopacket wants it
	ask := layers.DNSQuestion{Name: []byte("example.com"), Type: layers.DNSTypeA, Class: layers.DNSClassIN}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: from, DstMAC: to, EthernetType: layers.EthernetTypeIPv4},
		ip, udp, &layers.DNS{RD: true, Questions: []layers.DNSQuestion{ask}})
	return buf.Bytes(), err
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal("flood: ", err)
	}
	return v
}
