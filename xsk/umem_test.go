package xsk

import (
	"errors"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNewUmemErrors(t *testing.T) {
	tests := []struct {
		name string
		cfg  UmemConfig
	}{
		{name: "nothing"},
		{name: "negative", cfg: UmemConfig{Size: -1}},
		{name: "frames too small", cfg: UmemConfig{Size: 1 << 20, FrameSize: 1024}},
		{name: "frames not a power of two", cfg: UmemConfig{Size: 1 << 20, FrameSize: 3000}},
		{name: "larger than a page", cfg: UmemConfig{Size: 1 << 20, FrameSize: 8192}},
		{name: "unknown preference", cfg: UmemConfig{Size: 1 << 20, HugePages: 9}},
		{name: "software checksum alone", cfg: UmemConfig{Size: 1 << 20, SoftwareChecksum: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if u, err := NewUmem(tt.cfg); u != nil || !errors.Is(err, ErrConfig) {
				t.Errorf("NewUmem = %v, %v, want ErrConfig", u, err)
			}
		})
	}
}

// TestUmemFrame holds that a frame ends with its chunk, and that one past the end is refused.
func TestUmemFrame(t *testing.T) {
	u, err := NewUmem(UmemConfig{Size: 2*2048 - 100})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if u.Size() != 4096 {
		t.Errorf("Size() = %d, want 4096: whole chunks", u.Size())
	}
	for _, tt := range []struct {
		addr uint64
		want int
	}{{0, 2048}, {256, 1792}, {2047, 1}, {2048, 2048}, {4095, 1}} {
		if b := u.Frame(tt.addr); len(b) != tt.want || cap(b) != tt.want {
			t.Errorf("Frame(%d) has length %d and capacity %d, want %d", tt.addr, len(b), cap(b), tt.want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Frame past the end did not panic")
		}
	}()
	u.Frame(4096)
}

// TestUmemClose closes twice.
func TestUmemClose(t *testing.T) {
	u, err := NewUmem(UmemConfig{Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(u.Close(), u.Close()); err != nil {
		t.Errorf("Close() twice = %v, want nil", err)
	}
}

// FuzzUmemParts takes parts of a UMEM and gives them back in any order, and compares with a mark for every chunk: no chunk
// is ever in two parts, and free parts that touch are one.
func FuzzUmemParts(f *testing.F) {
	f.Add(uint64(1), []byte{3, 3, 3, 0x80, 0x80, 0x80, 5})
	f.Add(uint64(2), []byte{1, 2, 3, 4, 0x80, 5, 6, 0x80, 0x80, 1, 31})
	f.Fuzz(func(t *testing.T, seed uint64, ops []byte) {
		const chunks, chunk = 32, 2048
		u := &Umem{cfg: UmemConfig{Size: chunks * chunk}, free: []region{{0, chunks * chunk}}}
		rng := rand.New(rand.NewPCG(seed, 0))
		var held []umemLayout
		var used [chunks]bool
		mark := func(l umemLayout, to bool) {
			for i := l.base / chunk; i < (l.base+l.size)/chunk; i++ {
				if used[i] == to {
					t.Fatalf("chunk %d of %+v: used is %v already", i, l, to)
				}
				used[i] = to
			}
		}
		for _, op := range ops {
			if op&0x80 != 0 && len(held) > 0 {
				i := rng.IntN(len(held))
				mark(held[i], false)
				u.giveBack(held[i])
				held = append(held[:i], held[i+1:]...)
				continue
			}
			size := uint64(op&31+1) * chunk
			l, err := u.take(umemLayout{size: size})
			if longest := longestRun(used[:], false) * chunk; (err == nil) != (size <= longest) || err != nil && !errors.Is(err, unix.ENOMEM) {
				t.Fatalf("take(%d) = %v, with %d free in one piece", size, err, longest)
			}
			if err == nil {
				mark(l, true)
				held = append(held, l)
			}
		}
		for i := 1; i < len(u.free); i++ {
			if u.free[i-1].to >= u.free[i].from {
				t.Errorf("free parts %v are not apart", u.free)
			}
		}
	})
}

// longestRun returns the length of the longest run of v.
func longestRun(marks []bool, v bool) (longest uint64) {
	run := uint64(0)
	for _, m := range marks {
		if run++; m != v {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
