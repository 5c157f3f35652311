package scan

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/packet"
)

// TestXSKEngineHeld: what is not held are the first probes taken, and all of those have left, though the kernel drops frames,
// which go into the ring once more. Each leaves once, and RSTs in between change nothing.
func TestXSKEngineHeld(t *testing.T) {
	for seed := range uint64(10) {
		e, k, probes := ringEngine(t, 15_000)
		r := rand.New(rand.NewPCG(seed, 9))
		number := make(map[uint64]int)
		key := func(dst uint32, seq uint32) uint64 { return uint64(dst)<<32 | uint64(seq) }
		for i, p := range probes {
			number[key(p.Dst, p.Seq)] = i
		}
		left, next := make([]int, len(probes)), 0 // next is the first that has not left
		sent := func(frame []byte) {
			tcp := frame[34:]
			if tcp[13]&packet.FlagRST != 0 {
				return
			}
			left[number[key(binary.BigEndian.Uint32(frame[30:]), binary.BigEndian.Uint32(tcp[4:]))]]++
			for next < len(left) && left[next] > 0 {
				next++
			}
		}
		drops, kicks := 0, 0
		k.Kicked = func() unix.Errno {
			k.Complete(k.InFlight()) // now, and not before: a frame that was dropped keeps its slot until then
			k.Sent = sent
			kicks++
			fills := kicks/60%2 == 1 // the ring, until there is no room in it
			if !fills {
				k.Send(r.IntN(300))
			}
			if r.IntN(3) == 0 || k.Queued() == 0 || fills && k.Queued() < txSize-spare {
				return unix.EAGAIN
			}
			k.Sent = nil
			k.Send(1)
			drops++
			return unix.EBUSY
		}
		taken := 0
		for range 10_000 {
			n, err := e.send(probes[taken:][:min(r.IntN(200), len(probes)-taken)])
			if err != nil {
				t.Fatal(err)
			}
			taken += n
			if r.IntN(5) == 0 {
				if _, err := e.reset(probes[:r.IntN(5)]); err != nil {
					t.Fatal(err)
				}
			}
			if gone := taken - e.held(); gone > next {
				t.Fatalf("of %d probes taken the first %d are said to have left, and probe %d has not", taken, gone, next)
			}
			if taken == len(probes) && k.Queued() == 0 {
				break
			}
			if r.IntN(3) == 0 {
				if _, err := e.flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if next != len(probes) || e.held() != 0 || drops == 0 || e.dropped() != 0 {
			t.Errorf("%d of %d probes have left, %d are held; %d frames were dropped and %d of them lost", next, len(probes), e.held(), drops,
				e.dropped())
		}
		for i, n := range left {
			if n != 1 {
				t.Fatalf("probe %d left %d times", i, n)
			}
		}
	}
}
