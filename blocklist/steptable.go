package blocklist

import "math/bits"

// stepTable finds addresses by rank in a set of few spans. It cuts the ranks into equal buckets, many more than there
// are spans, so that hardly any bucket has more than one span begin in it, and to know that one is enough:
//
//	gap    ─────────┐           ┌──── after
//	                │           │
//	         before └───────────┘
//	ranks    └ bucket ──────── bound ──────┘
type stepTable struct {
	steps []step
	shift uint8 // a bucket is 2^shift ranks
}

// step is a bucket: ranks below bound have the gap before, the others the gap after. Gaps ascend, so before is not above
// after, but in a bucket in which several spans begin and which says so by that.
type step struct {
	bound, before, after uint32
}

// crowded is the step of a bucket in which several spans begin.
func crowded() step { return step{before: 1} }

// newStepTable returns the table for s, which must not be empty.
func newStepTable(s *Set) stepTable {
	top := s.Len() - 1
	shift := max(bits.Len64(top)-stepBits(len(s.gaps)), 0)
	steps := make([]step, top>>shift+1)
	k := 0 // the span of the last rank of the bucket before
	for b := range steps {
		begun := k
		for k+1 < len(s.gaps) && uint64(s.firstRank(k+1))>>shift == uint64(b) {
			k++
		}
		switch k - begun {
		case 0, 1:
			steps[b] = step{bound: s.firstRank(k), before: s.gaps[begun], after: s.gaps[k]}
		default:
			steps[b] = crowded()
		}
	}
	return stepTable{steps: steps, shift: uint8(shift)}
}

// stepBits returns the logarithm of the number of buckets for n spans: 16 to 32 a span, but no less than 24 KiB, which fit a
// core's first cache, and no more than 3 MiB, which leaves 8 buckets a span for maxSteps.
func stepBits(n int) int { return min(max(bits.Len(uint(n))+4, 11), 18) }

// at stores the address of each rank of s.
func (t *stepTable) at(s *Set, addrs []uint32, ranks []uint64) {
	steps, shift := t.steps, t.shift&63 // the mask tells the compiler that the shift is in range
	addrs, n := addrs[:len(ranks)], s.Len()
	for j, i := range ranks {
		if i >= n {
			panic(beyond(s, i))
		}
		st := steps[i>>shift]
		gap := st.after
		if uint32(i) < st.bound {
			gap = st.before // loaded already, so that this is no branch
		}
		if st.before > st.after {
			gap = gapBySearch(s, i)
		}
		addrs[j] = uint32(i) + gap
	}
}

// gapBySearch returns the gap of rank i. It is not inlined because the loop above then has fewer values in registers.
//
//go:noinline
func gapBySearch(s *Set, i uint64) uint32 { return s.gaps[s.searchRank(i, 0, addressSpace-1)] }
