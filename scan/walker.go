package scan

import "math/bits"

// lanes is how many elements a Walker holds: neighbours in the walk, each moved on by lanes positions at a time. A
// product waits for the one before it, some ten cycles; products of different lanes do not wait for each other.
const lanes = 4

// Walker yields the indices of a range of positions in order. It is for one goroutine; the zero Walker is at its end.
type Walker struct {
	x      [lanes]uint64 // elements at the next positions
	step   uint64        // g^lanes
	scaled uint64        // floor(step * 2^64 / p)
	p, n   uint64
	left   uint64 // positions to go
}

// Walk returns a walker over the positions from..to-1; a to beyond Positions is as good as Positions.
func (m *Permutation) Walk(from, to uint64) Walker {
	to = min(to, m.p-1)
	if from >= to {
		return Walker{}
	}
	w := Walker{p: m.p, n: m.n, left: to - from, step: powmod(m.g, lanes, m.p)}
	w.scaled, _ = bits.Div64(w.step, 0, m.p)
	x := m.power(from)
	for i := range w.x {
		w.x[i] = x
		x = mulmod(x, m.g, m.p)
	}
	return w
}

// Next stores the next indices in dst and returns how many: len(dst), or fewer at the end of the range, and then 0.
func (w *Walker) Next(dst []uint64) int {
	k := w.groups(dst)
	for k < len(dst) && w.left > 0 {
		x := w.x[0]
		copy(w.x[:], w.x[1:])
		w.x[lanes-1] = mulmodShoup(x, w.step, w.scaled, w.p)
		w.left--
		if x <= w.n {
			dst[k] = x - 1
			k++
		}
	}
	return k
}

// groups does what Next does for as many whole groups of lanes as there is room and range for.
func (w *Walker) groups(dst []uint64) (k int) {
	x0, x1, x2, x3 := w.x[0], w.x[1], w.x[2], w.x[3]
	step, scaled, p, n, left := w.step, w.scaled, w.p, w.n, w.left // in registers
	for left >= lanes && k <= len(dst)-lanes {
		group := dst[k:][:lanes:lanes]
		group[0], group[1], group[2], group[3] = x0-1, x1-1, x2-1, x3-1
		if x0 <= n && x1 <= n && x2 <= n && x3 <= n {
			k += lanes
		} else {
			k += keep(group, n)
		}
		x0, x1 = mulmodShoup(x0, step, scaled, p), mulmodShoup(x1, step, scaled, p)
		x2, x3 = mulmodShoup(x2, step, scaled, p), mulmodShoup(x3, step, scaled, p)
		left -= lanes
	}
	w.x, w.left = [lanes]uint64{x0, x1, x2, x3}, left
	return k
}

// keep moves the indices below n to the front and returns how many they are.
func keep(indices []uint64, n uint64) (k int) {
	for _, i := range indices {
		if i < n {
			indices[k] = i
			k++
		}
	}
	return k
}

// mulmodShoup is x*c modulo p for a constant c, whose scaled is floor(c * 2^64 / p). The estimate of the quotient,
// floor(x * scaled / 2^64), is right or one too small for p < 2^63, so that the remainder needs one correction and no
// division (Shoup's trick; Harvey, "Faster arithmetic for number-theoretic transforms", 2014).
func mulmodShoup(x, c, scaled, p uint64) uint64 {
	q, _ := bits.Mul64(x, scaled)
	y := x*c - q*p
	if y >= p {
		y -= p
	}
	return y
}

// Left is the number of positions not yet walked.
func (w *Walker) Left() uint64 { return w.left }
