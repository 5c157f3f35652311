package scan

import (
	"net"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/packet"
)

// probeOf is the probe that a scan sends to a target. Who knows the key can answer it before it was sent.
func probeOf(cfg Config, addr uint32, port uint16) packet.Probe {
	src := newSource(cfg.Key, cfg.Sources[0])
	return src.probe(addr, port, DefaultSourcePorts)
}

// synAck is the frame that accepts a probe, with so many bytes of data.
func synAck(l *lab.Lab, p packet.Probe, data int) []byte {
	ip4 := func(a uint32) net.IP { return net.IPv4(byte(a>>24), byte(a>>16), byte(a>>8), byte(a)).To4() }
	ip := layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolTCP, SrcIP: ip4(p.Dst), DstIP: ip4(p.Src)}
	tcp := layers.TCP{SrcPort: layers.TCPPort(p.DstPort), DstPort: layers.TCPPort(p.SrcPort), Seq: 9, Ack: p.Seq + 1, SYN: true, ACK: true,
		Window: 64240, Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 180}}}}
	tcp.SetNetworkLayerForChecksum(&ip)
	b := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: l.World.MAC(), DstMAC: l.Scanner.MAC(), EthernetType: layers.EthernetTypeIPv4},
		&ip, &tcp, gopacket.Payload(make([]byte, data)))
	if err != nil {
		panic(err) // a mistake in the test
	}
	return b.Bytes()
}

// inject sends frames from the world's end of the wire, each so often.
func inject(t testing.TB, l *lab.Lab, copies int, frames ...[]byte) {
	t.Helper()
	err := l.World.Do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		to := &unix.SockaddrLinklayer{Ifindex: l.World.Ifindex()}
		for range copies {
			for _, frame := range frames {
				if err := unix.Sendto(fd, frame, 0, to); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// acceptances are SYN-ACKs of the first n targets of a scan.
func acceptances(l *lab.Lab, cfg Config, n int) (frames [][]byte) {
	for i := range n {
		frames = append(frames, synAck(l, probeOf(cfg, cfg.Targets.At(uint64(i)), cfg.Ports[0]), 0))
	}
	return frames
}
