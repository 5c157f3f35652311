package blocklist

import "iter"

// Union returns the addresses that are in s, in o, or in both.
func (s *Set) Union(o *Set) *Set {
	return build(combined(s, o, func(inS, inO bool) bool { return inS || inO }))
}

// Minus returns the addresses that are in s but not in o.
func (s *Set) Minus(o *Set) *Set {
	return build(combined(s, o, func(inS, inO bool) bool { return inS && !inO }))
}

// Intersect returns the addresses that are in both s and o.
func (s *Set) Intersect(o *Set) *Set {
	return build(combined(s, o, func(inS, inO bool) bool { return inS && inO }))
}

// combined sweeps the address space from border to border, in s or in o, and yields the stretches for which keep says
// yes. keep(false, false) must be no. Borders at one address are passed together, so no two ranges that it yields touch.
func combined(s, o *Set, keep func(inS, inO bool) bool) iter.Seq[Range] {
	return func(yield func(Range) bool) {
		a, b := borders{set: s}, borders{set: o}
		kept, first := false, uint64(0)
		for at := uint64(0); at < addressSpace; {
			at = min(a.next(), b.next())
			a.pass(at)
			b.pass(at)
			now := keep(a.inside(), b.inside())
			if now && !kept {
				first = at
			}
			if !now && kept && !yield(Range{First: uint32(first), Last: uint32(at - 1)}) {
				return
			}
			kept = now
		}
	}
}

// borders walks the addresses at which a set begins or ceases to hold addresses: border 2k is the first address of
// span k, border 2k+1 the one after its last. Both need 33 bits.
type borders struct {
	set    *Set
	passed int // number of borders behind
}

// inside reports whether the addresses from the last border passed to the next are in the set.
func (w *borders) inside() bool { return w.passed%2 == 1 }

// next returns the next border, or addressSpace when there is none.
func (w *borders) next() uint64 {
	if w.passed == 2*w.set.NumRanges() {
		return addressSpace
	}
	r := w.set.rangeOf(w.passed / 2)
	if w.inside() {
		return uint64(r.Last) + 1
	}
	return uint64(r.First)
}

// pass moves beyond the next border if it is at the address at.
func (w *borders) pass(at uint64) {
	if w.passed < 2*w.set.NumRanges() && w.next() == at {
		w.passed++
	}
}
