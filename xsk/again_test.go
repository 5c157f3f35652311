package xsk

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// droppingKernel sends as xsk_generic_xmit does: it keeps an index of its own, and publishes it when it has sent a frame
// in a call, or has come to the end of what it has seen of the ring.
type droppingKernel struct {
	rand       *rand.Rand
	prod, cons uint32 // its cache
	got        []uint64
	drops      int
}

func (k *droppingKernel) call(f *fakeKernel, ring *ring[unix.XDPDesc]) unix.Errno {
	sent := false
	for {
		if k.prod == k.cons {
			ring.consumer.Store(k.cons)
			k.prod = ring.producer.Load()
		}
		if k.prod == k.cons {
			break
		}
		d := ring.slots[k.cons&uint32(len(ring.slots)-1)]
		k.cons++
		f.comp.Put(d.Addr)
		if k.rand.IntN(3) == 0 {
			k.drops++
			if sent {
				ring.consumer.Store(k.cons)
			}
			return unix.EBUSY
		}
		k.got = append(k.got, seqOf(f.frame(d)))
		sent = true
	}
	if sent {
		ring.consumer.Store(k.cons)
	}
	return 0
}

func seqOf(frame []byte) (seq uint64) {
	for _, c := range frame[:8] {
		seq = seq<<8 | uint64(c)
	}
	return seq
}

// TestAgain sends by a kernel that drops a third of what it takes and often does not show it at once: with Again every
// frame leaves, and none twice.
func TestAgain(t *testing.T) {
	for seed := range uint64(50) {
		q, _, f := newFake(t, Config{TxSize: 64}, math.MaxUint32-40)
		k := &droppingKernel{rand: rand.New(rand.NewPCG(seed, 1)), prod: q.tx.prod, cons: q.tx.cons}
		f.sendCall = func(f *fakeKernel) unix.Errno { return k.call(f, &q.tx) }
		f.tx.SetNeedWakeup(true)
		const frames = 1000
		for sent := 0; sent < frames || q.Queued() > 0; {
			if q.Queued() < 32 { // room is for the caller to keep
				sent += sendSeq(q, uint64(sent), min(1+k.rand.IntN(5), frames-sent))
			}
			res, err := q.Kick()
			if err != nil {
				t.Fatal(err)
			}
			if res == KickDropped && !q.Again() {
				t.Fatal("no room for a frame that was dropped")
			}
		}
		slices.Sort(k.got)
		for i := range k.got {
			if k.got[i] != uint64(i) {
				t.Fatalf("seed %d: frame %d is missing or there twice", seed, i)
			}
		}
		if len(k.got) != frames || k.drops < frames/4 {
			t.Errorf("seed %d: %d frames sent, %d dropped on the way; want %d, a third of all", seed, len(k.got), k.drops, frames)
		}
	}
}
