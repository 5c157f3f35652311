package bpf

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/xsweep/xsweep/packet"
)

// TestEntryLayout holds the entries as Go writes them to those that the program reads.
func TestEntryLayout(t *testing.T) {
	var loop steerLoop
	ours, theirs := reflect.TypeFor[Entry](), reflect.TypeOf(loop.Entries[0])
	if ours.Size() != theirs.Size() {
		t.Fatalf("an entry has %d bytes, not %d", ours.Size(), theirs.Size())
	}
	for name, as := range map[string]string{
		"Src": "Src", "Dst": "Dst", "SrcPort": "Sport", "DstPort": "Dport", "Seq": "Seq", "ID": "Id",
	} {
		got, _ := ours.FieldByName(name)
		want, ok := theirs.FieldByName(as)
		if !ok || got.Offset != want.Offset || got.Type.Size() != want.Type.Size() {
			t.Errorf("%s is at %d, %d bytes long; want %d, %d", name, got.Offset, got.Type.Size(), want.Offset, want.Type.Size())
		}
	}
	if size := reflect.TypeOf(loop).Size(); size%8 != 0 {
		t.Errorf("a loop has %d bytes: the kernel would keep them further apart", size)
	}
}

// loadEmit loads a program that emits, as if every CPU were the sender's, and attaches nothing.
func loadEmit(t *testing.T, cfg EmitConfig) (*Steer, *EmitLoop) {
	t.Helper()
	cfg.Ifindex, cfg.Loops = 12345, 1
	s, err := LoadSteer(SteerConfig{Sources: []uint32{1}, PortFirst: 1, PortLast: 2, Emit: &cfg})
	needPrivilege(t, err)
	if err != nil {
		t.Fatal(err)
	}
	s.emit = new(emit)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.emit.mapLoops(s.objects.Loops, 1); err != nil {
		t.Fatal(err)
	}
	l := newEmitLoop(s, 0)
	for cpu := range s.objects.LoopOf.MaxEntries() {
		if err := l.Bind(int(cpu)); err != nil {
			t.Fatal(err)
		}
	}
	return s, l
}

// TestEmitWritesFrames compares the program's frames with those of package packet, byte by byte, over all that a header
// can be, on top of frames that hold anything.
func TestEmitWritesFrames(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, profile := range []packet.Profile{packet.SmallestProbes, packet.Windows, packet.Linux, packet.BSD} {
		for _, vlan := range []uint16{0, 77} {
			for _, perEntry := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/vlan=%d/mac=%v", profile, vlan, perEntry), func(t *testing.T) {
					emitAndCompare(t, random, packet.Config{
						SrcMAC: [6]byte{2, 0, 0, 0, 0, 1}, DstMAC: [6]byte{2, 0, 0, 0, 0, 2},
						Profile: profile, VLAN: vlan, TTL: 77,
					}, perEntry)
				})
			}
		}
	}
}

func emitAndCompare(t *testing.T, random *rand.Rand, link packet.Config, perEntry bool) {
	tmpl, err := packet.NewTemplate(link)
	if err != nil {
		t.Fatal(err)
	}
	room := make([]byte, packet.MaxFrameLen)
	template := room[:max(tmpl.Put(room, &packet.Probe{Src: 1, Dst: 2, SrcPort: 3, DstPort: 4, Seq: 5, ID: 6}), 60)]
	cfg := EmitConfig{FrameSize: len(template), IPv4Offset: 14, MACPerEntry: perEntry}
	if link.VLAN != 0 {
		cfg.IPv4Offset = 18
	}
	s, l := loadEmit(t, cfg)
	l.SetTemplate(template)
	for i := range 300 {
		p := packet.Probe{Src: random.Uint32(), Dst: random.Uint32(), SrcPort: uint16(random.Uint32()),
			DstPort: uint16(random.Uint32()), Seq: random.Uint32(), ID: uint16(random.Uint32())}
		if i < 2 {
			v := -uint32(i) // all zeros, all ones
			p = packet.Probe{Src: v, Dst: v, SrcPort: uint16(v), DstPort: uint16(v), Seq: v, ID: uint16(v)}
		}
		at := i % EmitEntries
		l.Entries()[at] = Entry(p)
		mac := [6]byte{2, 1, 1, 1, 1, byte(i)}
		l.SetMAC(at, mac)
		l.shared.Next, l.shared.End, l.shared.Error = uint32(at), uint32(at)+1, 0

		junk := make([]byte, len(template))
		for j := range junk {
			junk[j] = byte(random.Uint32())
		}
		// The device map is empty: the program writes the frame, finds no way out and keeps the entry.
		_, got, err := s.objects.Steer.Test(junk)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, packet.MaxFrameLen)
		tmpl.Put(want, &p)
		want = want[:len(template)]
		if perEntry {
			copy(want, mac[:])
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("probe %+v:\n got %x\nwant %x", p, got, want)
		}
		if l.shared.Next != uint32(at) || l.shared.Error == 0 {
			t.Fatalf("without a device: next %d, error %d", l.shared.Next, l.shared.Error)
		}
	}
}
