package packet

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

type namedTemplate struct {
	name string
	cfg  Config
	tmpl *Template
}

// allTemplates returns one template of each layout: four profiles and the RST, with and without a tag. Names are those
// of sub-benchmarks.
func allTemplates(t testing.TB) []namedTemplate {
	var all []namedTemplate
	for _, vlan := range []uint16{0, 77} {
		suffix := ""
		if vlan != 0 {
			suffix = "/vlan=77"
		}
		cfg := goldenConfig
		cfg.VLAN = vlan
		for p := range Profile(len(profileNames)) {
			cfg.Profile = p
			all = append(all, namedTemplate{"profile=" + p.String() + suffix, cfg, newTemplate(t, false, cfg)})
		}
		all = append(all, namedTemplate{"profile=reset" + suffix, cfg, newTemplate(t, true, cfg)})
	}
	return all
}

// put returns the frame in a buffer of its own, written over garbage.
func put(tmpl *Template, p *Probe) []byte {
	buf := bytes.Repeat([]byte{0xa5}, MaxFrameLen)
	return buf[:tmpl.Put(buf, p)]
}

// TestPutIntoDirtyBuffers writes over whatever a recycled frame may hold, and expects the same bytes up to Len, zeros up
// to Ethernet's minimum, and nothing touched beyond MaxFrameLen.
func TestPutIntoDirtyBuffers(t *testing.T) {
	for _, f := range allTemplates(t) {
		t.Run(f.name, func(t *testing.T) {
			want := put(f.tmpl, &goldenProbe)
			for _, dirt := range []byte{0x00, 0x01, 0x55, 0x80, 0xaa, 0xff} {
				buf := bytes.Repeat([]byte{dirt}, 2*MaxFrameLen)
				n := f.tmpl.Put(buf, &goldenProbe)
				if !bytes.Equal(buf[:n], want) {
					t.Errorf("Put over %#02x:\n got %x\nwant %x", dirt, buf[:n], want)
				}
				if pad := buf[n:max(n, 60)]; !bytes.Equal(pad, make([]byte, len(pad))) {
					t.Errorf("Put over %#02x: padding to 60 bytes is %x, want zeros", dirt, pad)
				}
				for i, b := range buf[MaxFrameLen:] {
					if b != dirt {
						t.Fatalf("Put over %#02x wrote byte %d, beyond MaxFrameLen", dirt, MaxFrameLen+i)
					}
				}
			}
		})
	}
}

// TestPutIsIndependentOfEarlierProbes writes one probe over another's frame: no field of it may stay.
func TestPutIsIndependentOfEarlierProbes(t *testing.T) {
	ones := Probe{^uint32(0), ^uint32(0), 0xffff, 0xffff, ^uint32(0), 0xffff}
	for _, f := range allTemplates(t) {
		buf := make([]byte, MaxFrameLen)
		f.tmpl.Put(buf, &ones)
		n := f.tmpl.Put(buf, &goldenProbe)
		if want := put(f.tmpl, &goldenProbe); !bytes.Equal(buf[:n], want) {
			t.Errorf("%s:\n got %x\nwant %x", f.name, buf[:n], want)
		}
	}
}

func TestPutPanicsWithoutRoom(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Errorf("Put into %d bytes did not panic", MaxFrameLen-1)
		}
	}()
	newTemplate(t, false, Config{}).Put(make([]byte, MaxFrameLen-1), &Probe{})
}

// TestPutRoundTrip decodes every kind of frame with gopacket, has gopacket serialize what it decoded with lengths and
// checksums of its own, and expects the same bytes.
func TestPutRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, f := range allTemplates(t) {
		t.Run(f.name, func(t *testing.T) {
			for range 200 {
				p := randomProbe(rng)
				checkRoundTrip(t, put(f.tmpl, &p))
			}
		})
	}
}

func checkRoundTrip(t *testing.T, frame []byte) {
	t.Helper()
	pkt := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
	if bad := pkt.ErrorLayer(); bad != nil {
		t.Fatalf("gopacket cannot decode %x: %v", frame, bad.Error())
	}
	var stack []gopacket.SerializableLayer
	for _, l := range pkt.Layers() {
		if tcp, ok := l.(*layers.TCP); ok {
			if err := tcp.SetNetworkLayerForChecksum(pkt.NetworkLayer()); err != nil {
				t.Fatal(err)
			}
		}
		stack = append(stack, l.(gopacket.SerializableLayer))
	}
	buf := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opts, stack...); err != nil {
		t.Fatal(err)
	}
	if got := buf.Bytes()[:len(frame)]; !bytes.Equal(got, frame) { // gopacket pads to 60 bytes
		t.Errorf("gopacket serializes the frame differently:\n got %x\nwant %x", got, frame)
	}
}

// TestConfigReachesFrame reads every Config field back, and checks the defaults.
func TestConfigReachesFrame(t *testing.T) {
	cfg := Config{SrcMAC: [6]byte{2, 3, 4, 5, 6, 7}, DstMAC: [6]byte{8, 9, 10, 11, 12, 13}, VLAN: 4094, TTL: 255}
	for _, reset := range []bool{false, true} {
		frame := put(newTemplate(t, reset, cfg), &goldenProbe)
		got, err := Decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		if got.SrcMAC != cfg.SrcMAC || got.DstMAC != cfg.DstMAC || got.VLAN != cfg.VLAN || frame[18+8] != cfg.TTL {
			t.Errorf("reset %v: frame of %+v has %+v and TTL %d", reset, cfg, got, frame[18+8])
		}
		frame = put(newTemplate(t, reset, Config{}), &goldenProbe)
		if frame[14+8] != 64 {
			t.Errorf("reset %v: default TTL is %d, want 64", reset, frame[14+8])
		}
	}
}

func TestTemplateConfigErrors(t *testing.T) {
	tests := []struct {
		name   string
		cfg    Config
		syn    bool // NewTemplate takes it
		closes bool // NewReset takes it
	}{
		{name: "zero", syn: true, closes: true},
		{name: "last VLAN", cfg: Config{VLAN: 4094}, syn: true, closes: true},
		{name: "reserved VLAN", cfg: Config{VLAN: 4095}},
		{name: "VLAN of more than 12 bits", cfg: Config{VLAN: 65535}},
		{name: "unknown profile, which a RST ignores", cfg: Config{Profile: BSD + 1}, closes: true},
	}
	for _, tt := range tests {
		if _, err := NewTemplate(tt.cfg); (err == nil) != tt.syn {
			t.Errorf("%s: NewTemplate(%+v): %v", tt.name, tt.cfg, err)
		}
		if _, err := NewReset(tt.cfg); (err == nil) != tt.closes {
			t.Errorf("%s: NewReset(%+v): %v", tt.name, tt.cfg, err)
		}
	}
}

func TestPutAllocs(t *testing.T) {
	for _, f := range allTemplates(t) {
		buf := make([]byte, MaxFrameLen)
		p := goldenProbe
		if n := testing.AllocsPerRun(1000, func() { f.tmpl.Put(buf, &p) }); n != 0 {
			t.Errorf("%s: Put allocates %v times, want 0", f.name, n)
		}
	}
}
