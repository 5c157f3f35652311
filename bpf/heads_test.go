package bpf

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/google/gopacket/layers"
)

// loadHeads loads steer to pass SYN-ACKs on, and opens their copies.
func loadHeads(t *testing.T, cfg SteerConfig) (*Steer, *Heads) {
	t.Helper()
	cfg.PassSYNACKs = true
	s := load(t, cfg, true)
	h, err := s.Heads()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, h
}

// long makes a SYN-ACK as long as can be: two VLAN tags, 40 bytes of options in each header, and data.
func long(data int) func(*reply) {
	return func(r *reply) {
		r.tags = []uint16{7, 8}
		for range 40 {
			r.ip.Options = append(r.ip.Options, layers.IPv4Option{OptionType: 1})
			r.tcp.Options = append(r.tcp.Options, layers.TCPOption{OptionType: layers.TCPOptionKindNop})
		}
		r.pad = data
	}
}

// TestHeads passes SYN-ACKs of every length to the stack and compares what the copies hold: every header, the length of
// the frame, and zeros in place of what comes after the headers.
func TestHeads(t *testing.T) {
	v := readVectors(t)[0]
	s, h := loadHeads(t, v.config())
	headers := len(v.answer(long(0)))
	if headers > headSize {
		t.Fatalf("%d bytes of headers do not fit into a head", headers)
	}
	var frames [][]byte
	for pad := range 200 {
		frames = append(frames, v.answer(func(r *reply) { r.pad = pad }), v.answer(long(pad)))
	}
	for _, frame := range frames {
		for i := range frame[min(len(frame), headers):] {
			frame[headers+i] = 0xff
		}
		if got, err := s.Run(frame); err != nil || got != xdpPass {
			t.Fatalf("%d bytes: verdict %d, %v; want pass", len(frame), got, err)
		}
	}
	for i, frame := range frames {
		got, more, err := h.Next(time.Now().Add(time.Second))
		if err != nil || more != (i < len(frames)-1) {
			t.Fatalf("frame %d: %v, more: %v", i, err, more)
		}
		known := min(len(frame), headSize)
		if len(got) != len(frame) || !bytes.Equal(got[:known], frame[:known]) || bytes.Trim(got[known:], "\x00") != nil {
			t.Fatalf("frame %d is\n%x, want\n%x", i, got, frame)
		}
	}
	if n, err := s.Counters(); err != nil || n != (SteerCounters{SYNACK: uint64(len(frames))}) {
		t.Errorf("counters %+v, %v; want %d SYN-ACKs", n, err, len(frames))
	}
}

// TestHeadsOfNothingElse has everything but true SYN-ACKs go its way as ever, with no copy.
func TestHeadsOfNothingElse(t *testing.T) {
	v := readVectors(t)[0]
	s, h := loadHeads(t, v.config())
	for _, f := range []struct {
		name  string
		frame []byte
		want  uint32
	}{
		{"RST", v.answer(func(r *reply) { r.tcp.SYN, r.tcp.RST = false, true }), xdpRedirect},
		{"ICMP error", v.unreachable(nil), xdpRedirect},
		{"forged SYN-ACK", v.answer(func(r *reply) { r.tcp.Ack++ }), xdpDrop},
		{"data segment", v.answer(func(r *reply) { r.tcp.SYN = false }), xdpPass},
	} {
		if got, err := s.Run(f.frame); err != nil || got != f.want {
			t.Errorf("%s: verdict %d, %v; want %d", f.name, got, err, f.want)
		}
	}
	if frame, _, err := h.Next(time.Now()); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("copy of %x, %v; want none", frame, err)
	}
}

// TestHeadsFull fills the ring: every SYN-ACK beyond is passed on and counted.
func TestHeadsFull(t *testing.T) {
	v := readVectors(t)[0]
	s, h := loadHeads(t, v.config())
	frame := v.answer(nil)
	const room = headsRing / (headRecord + 8) // 8 bytes of header each
	if _, err := s.objects.Steer.Run(repeated(frame, room+100)); err != nil {
		t.Fatal(err)
	}
	n, err := s.Counters()
	if err != nil || n.SYNACK+n.Uncopied != room+100 || n.Uncopied < 100 || n.Uncopied > 102 {
		t.Errorf("counters %+v, %v; want %d copies and 100 without one", n, err, room)
	}
	if uint64(h.Len()) != n.SYNACK {
		t.Errorf("Len = %d, want %d", h.Len(), n.SYNACK)
	}
	read := uint64(0)
	for more := true; more; read++ {
		if _, more, err = h.Next(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if read != n.SYNACK {
		t.Errorf("%d copies read, %d counted", read, n.SYNACK)
	}
	if _, err := s.Run(frame); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Next(time.Now().Add(time.Second)); err != nil {
		t.Errorf("once there is room again: %v", err)
	}
}

// repeated runs the program n times on one frame.
func repeated(frame []byte, n uint32) *ebpf.RunOptions {
	return &ebpf.RunOptions{Data: frame, Repeat: n}
}

func TestHeadsAllocs(t *testing.T) {
	v := readVectors(t)[0]
	s, h := loadHeads(t, v.config())
	if _, err := s.objects.Steer.Run(repeated(v.answer(nil), 2000)); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	allocs := testing.AllocsPerRun(1000, func() {
		if _, _, err := h.Next(deadline); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("a copy allocates %v times, want 0", allocs)
	}
}

func TestHeadsNotAskedFor(t *testing.T) {
	s := load(t, SteerConfig{Sources: []uint32{1}, PortFirst: 5, PortLast: 6}, false)
	if _, err := s.Heads(); err == nil {
		t.Error("there are copies though steer makes none")
	}
}
