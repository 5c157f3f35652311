package bench

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

func image() []byte {
	from, to := End{MAC: [6]byte{2, 0, 0, 0, 0, 1}}, End{MAC: [6]byte{2, 0, 0, 0, 0, 2}}
	return floodImage(from, to, floodSource, lab.ScannerAddr)
}

// TestFloodImage builds the same frame by gopacket.
func TestFloodImage(t *testing.T) {
	ip := &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: ipOf(floodSource), DstIP: ipOf(lab.ScannerAddr)}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 1}, DstMAC: []byte{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4},
		ip, gopacket.Payload(image()[34:]))
	if err != nil {
		t.Fatal(err)
	}
	if got := image(); !bytes.Equal(got, buf.Bytes()) {
		t.Errorf("flood's frame:\n got %x\nwant %x", got, buf.Bytes())
	}
	udp := gopacket.NewPacket(image(), layers.LayerTypeEthernet, gopacket.Default).Layer(layers.LayerTypeUDP)
	if u, ok := udp.(*layers.UDP); !ok || u.DstPort != floodPort || u.Length != frameLen-34 || u.Checksum != 0 {
		t.Errorf("UDP header: %+v", udp)
	}
}

func ipOf(addr uint32) []byte { return binary.BigEndian.AppendUint32(nil, addr) }

// TestCount runs the counting program on frames: it takes those of the benchmark and no others.
func TestCount(t *testing.T) {
	p, err := newFrames(floodSource, nil)
	if err != nil {
		labtest.SkipOrFail(t, err)
	}
	defer p.Close()
	changed := func(at int, b byte) []byte {
		f := image()
		f[at] = b
		return f
	}
	const drop, pass = 1, 2 // XDP_DROP and XDP_PASS
	tests := []struct {
		name  string
		frame []byte
		want  uint32
	}{
		{"of the benchmark", image(), drop},
		{"from another address", changed(29, 99), pass},
		{"not IPv4", changed(12, 0x86), pass},
		{"cut inside the IPv4 header", image()[:33], pass},
		{"no more than the headers", image()[:34], drop},
	}
	counted := uint64(0)
	for _, tt := range tests {
		for name, prog := range map[string]*ebpf.Program{"count": p.objects.Count, "deliver": p.objects.Deliver} {
			got, _, err := prog.Test(tt.frame)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want { // deliver has no socket to deliver to
				t.Errorf("%s, %s: verdict %d, want %d", name, tt.name, got, tt.want)
			}
			if tt.want == drop {
				counted++
			}
		}
	}
	if n, err := p.arrived(); err != nil || n.frames != counted {
		t.Errorf("%d frames counted, want %d; %v", n.frames, counted, err)
	}
}
