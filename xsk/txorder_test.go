package xsk

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// takeAny has the kernel take all submitted frames and returns their descriptors.
func takeAny(k *fakeKernel) (taken []unix.XDPDesc) {
	for d, ok := k.tx.Take(); ok; d, ok = k.tx.Take() {
		taken = append(taken, d)
	}
	return taken
}

// takeAll is takeAny of frames that are numbered from seq on.
func takeAll(t *testing.T, k *fakeKernel, seq uint64) []unix.XDPDesc {
	t.Helper()
	taken := takeAny(k)
	for i, d := range taken {
		if got := binary.BigEndian.Uint64(k.frame(d)); got != seq+uint64(i) {
			t.Fatalf("frame %d was sent, want %d", got, seq+uint64(i))
		}
	}
	return taken
}

// checkSlots holds that each of the 8 slots of q is either free or in flight, and once.
func checkSlots(t *testing.T, q *TxQueue, inFlight []unix.XDPDesc) {
	t.Helper()
	all := slices.Clone(freeSlots(q))
	for _, d := range inFlight {
		all = append(all, d.Addr)
	}
	slices.Sort(all)
	if len(all) != 8 || len(slices.Compact(all)) != 8 {
		t.Fatalf("slots free and in flight are %#x, want 8 different ones", all)
	}
}

// permutations calls f with every order of the numbers below n.
func permutations(n int, f func(order []int)) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var permute func(fixed int)
	permute = func(fixed int) {
		if fixed == n {
			f(order)
			return
		}
		for i := fixed; i < n; i++ {
			order[fixed], order[i] = order[i], order[fixed]
			permute(fixed + 1)
			order[fixed], order[i] = order[i], order[fixed]
		}
	}
	permute(0)
}

// TestTxOrderBroken completes five of six frames in flight in every order, from every place of the ring, taken back in two
// parts cut everywhere: no slot is lost or offered twice, and the order ends with the first one that is out of turn.
func TestTxOrderBroken(t *testing.T) {
	const frames, completed = 6, 5
	for place := range uint32(8) {
		for cut := range completed + 1 {
			permutations(completed, func(order []int) {
				q, _, k := newFake(t, orderedTx, math.MaxUint32-8+place)
				sendSeq(q, 0, frames)
				taken := takeAll(t, k, 0)
				for i, o := range order {
					if i == cut {
						q.Reap()
					}
					k.comp.Put(taken[o].Addr | 1) // tagged, as some kernels do
				}
				q.Reserve(2) // which ends with the order
				q.Reap()
				if got, want := q.order != nil, slices.IsSorted(order); got != want {
					t.Fatalf("completed as %v: in order %v, want %v", order, got, want)
				}
				if q.Pending() != 1 {
					t.Fatalf("completed as %v: %d pending, want 1", order, q.Pending())
				}
				checkSlots(t, q, taken[completed:])
				// The seven others can be used, while the last is still on its way.
				if n := sendSeq(q, frames, 8); n != 7 {
					t.Fatalf("completed as %v: %d frames sent afterwards, want 7", order, n)
				}
				again := takeAll(t, k, frames)
				checkSlots(t, q, append(again, taken[completed:]...))
			})
		}
	}
}

// TestTxOrderKept sends across the wrap of the ring's indices, in batches of every size, with reservations given up whole
// or in part and lengths of all kinds: the order lasts, and each frame has the length it was given.
func TestTxOrderKept(t *testing.T) {
	q, _, k := newFake(t, orderedTx, math.MaxUint32-500)
	q.Prefill(make([]byte, 60))
	seq := uint64(0)
	for round := range 1000 {
		want := map[uint64]uint32{}
		q.SetLen(q.Reserve(8)-1, 33) // given up
		n := q.Reserve(1 + round%8)
		for i := range n {
			seqFrame(q.Frame(i), seq+uint64(i), 64)
			want[seq+uint64(i)] = 60
			if round%50 == 0 && i%3 == 1 { // and then for several turns of the ring none
				q.SetLen(i, 40)
				want[seq+uint64(i)] = 40
			}
		}
		n -= round % 3 % n
		q.Submit(n)
		for _, d := range takeAll(t, k, seq) {
			if d.Len != want[seq] || d.Options != 0 {
				t.Fatalf("descriptor of frame %d = %+v, want length %d, no options", seq, d, want[seq])
			}
			k.comp.Put(d.Addr)
			seq++
		}
		q.Reap()
		checkSlots(t, q, nil)
	}
	if q.order == nil {
		t.Error("the order was given up, though every completion came in its turn")
	}
}

// TestTxOrderDescribesOnce: once every place has its descriptor, Reserve writes none until a length is set.
func TestTxOrderDescribesOnce(t *testing.T) {
	q, _, k := newFake(t, orderedTx, 5)
	turn := func() {
		q.Submit(q.Reserve(8))
		for _, d := range takeAny(k) {
			k.comp.Put(d.Addr)
		}
		q.Reap()
	}
	turn()
	slots := slices.Clone(q.tx.slots)
	const mark = 1 << 31 // in the options, which Reserve clears when it writes
	for i := range q.tx.slots {
		q.tx.slots[i].Options = mark
	}
	turn()
	for i, d := range q.tx.slots {
		if d.Options != mark {
			t.Fatalf("descriptor %d was written again", i)
		}
	}
	q.Reserve(1)
	q.SetLen(0, 10)
	turn()
	turn()
	if !slices.Equal(q.tx.slots, slots) {
		t.Errorf("descriptors = %v, want %v", q.tx.slots, slots)
	}
}

// TestTxOrderForeignCompletions completes what was never sent, and more than was: nothing is offered twice.
func TestTxOrderForeignCompletions(t *testing.T) {
	cfg := orderedTx
	cfg.CompletionSize, cfg.TxSlots = 32, 8
	q, _, k := newFake(t, cfg, math.MaxUint32-2)
	sendSeq(q, 0, 3)
	taken := takeAll(t, k, 0)
	for i := range 32 {
		k.comp.Put(taken[i%3].Addr)
	}
	q.Reap()
	if q.order != nil || len(freeSlots(q)) != 8 {
		t.Errorf("in order %v with %d free slots, want false, 8", q.order != nil, len(freeSlots(q)))
	}
}

// TestTxOrderForgetsLengths: a length that was set is that of one frame, wherever in a reservation its slot was, whether it was
// submitted or given back, and however few frames are sent at a time from then on.
func TestTxOrderForgetsLengths(t *testing.T) {
	for at := range 8 {
		for submitted := range 9 {
			q, _, k := newFake(t, orderedTx, 5)
			size := q.Prefill(make([]byte, 60))
			send := func(n int) []unix.XDPDesc {
				q.Submit(n)
				sent := takeAny(k)
				for _, d := range sent {
					k.comp.Put(d.Addr)
				}
				q.Reap()
				return sent
			}
			send(q.Reserve(8))
			send(q.Reserve(8)) // descriptors are not written any more
			q.Reserve(8)
			q.SetLen(at, 10)
			send(submitted)
			for range 20 {
				q.Reserve(1)
				for _, d := range send(1) {
					if int(d.Len) != size {
						t.Fatalf("slot %d of 8 made shorter, %d submitted: a later frame is sent with %d bytes, want %d", at, submitted, d.Len, size)
					}
				}
			}
		}
	}
}
