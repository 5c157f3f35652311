package bpf

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// newMemoryLoop is a loop without a kernel.
func newMemoryLoop() *EmitLoop {
	size := reflect.TypeFor[steerLoop]().Size()
	m := memory{bytes: make([]byte, size), stride: size}
	l := new(EmitLoop)
	l.shared, l.entries = m.loop(0)
	return l
}

// TestEmitSettles: what did not leave comes first, in its order, with its destinations, and the result says how much that
// is and where it began.
func TestEmitSettles(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		l := newMemoryLoop()
		n := 1 + r.IntN(300)
		tried := r.IntN(n + 1) // the kernel was given so many
		for i := range n {
			l.entries[i].Seq = uint32(i)
			l.SetMAC(i, [6]byte{byte(i), byte(i >> 8)})
		}
		var left []int
		s := l.shared
		s.End, s.Next, s.Settled = uint32(n), uint32(tried), uint32(tried)
		for i := 0; i < tried; {
			took := r.IntN(tried - i + 1)
			i += took
			if lost := r.IntN(tried - i + 1); lost > 0 {
				s.Refused[s.Ranges].From, s.Refused[s.Ranges].Count = uint16(i), uint16(lost)
				s.Ranges++
				for range lost {
					left = append(left, i)
					i++
				}
			}
		}
		refused := len(left)
		for i := tried; i < n; i++ {
			left = append(left, i)
		}
		want := EmitResult{Left: len(left), First: n, Refused: refused}
		if len(left) > 0 {
			want.First = left[0]
		}
		if tried < n {
			s.Error, want.Err = -int32(unix.ENETDOWN), unix.ENETDOWN
		}
		if got := l.settle(n); got != want {
			t.Fatalf("%d entries, %d tried: %+v, want %+v", n, tried, got, want)
		}
		var got []int
		for i, e := range l.entries[:len(left)] {
			got = append(got, int(e.Seq))
			if mac := s.Mac[i]; int(mac[0])|int(mac[1])<<8 != int(e.Seq) {
				t.Fatalf("the frame of entry %d would go to the neighbour of another", e.Seq)
			}
		}
		if !slices.Equal(got, left) {
			t.Fatalf("entries %v are left, want %v", got, left)
		}
	}
}
