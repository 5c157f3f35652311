package scan

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
)

// MaxTargets is the largest number of targets that a Permutation can order: all of IPv4 on every port.
const MaxTargets = 1 << 48

// ErrTooManyTargets says that there are more than MaxTargets.
var ErrTooManyTargets = errors.New("more than 2^48 targets")

// Permutation walks the indices 0..n-1, each exactly once, in an order that looks random.
//
// It is the multiplicative group of the integers modulo a safe prime p = 2q+1, the first with p > n. A generator g of
// that group yields every number from 1 to p-1 once before it comes back to 1, so position i of the walk holds
// g^(start+i) - 1. The few positions (fewer than one in a thousand for any n above some millions) that hold n or more
// are skipped. A position is a single number: a shard, a thread's part and a checkpoint are ranges of positions.
//
// Why a safe prime: p-1 has just two prime factors, 2 and q, so that a candidate is tested for being a generator with
// two powers, and half of all numbers are generators; the seed has 2^47 of them to choose from where n is large.
//
// A Permutation does not change: any number of goroutines may use it.
type Permutation struct {
	n     uint64 // indices
	p     uint64 // safe prime above n
	g     uint64 // generator
	start uint64 // exponent at position 0
}

// NewPermutation orders the indices 0..n-1 for 1 <= n <= MaxTargets. Equal n and seed give the same order, on every
// machine and in every version.
func NewPermutation(n, seed uint64) (*Permutation, error) {
	if n == 0 {
		return nil, errors.New("order targets: there are none")
	}
	if n > MaxTargets {
		return nil, fmt.Errorf("order %d targets: %w", n, ErrTooManyTargets)
	}
	p := safePrimeAbove(n)
	r := splitmix(seed)
	perm := &Permutation{n: n, p: p}
	for perm.g = 2 + r.below(p-3); !isGenerator(perm.g, p); {
		perm.g = 2 + r.below(p-3)
	}
	perm.start = r.below(p - 1)
	return perm, nil
}

// Positions is the length of the walk, the skipped positions included: p-1.
func (m *Permutation) Positions() uint64 { return m.p - 1 }

// At returns the index at a position, or false where the walk skips. It costs some 100 multiplications; a Walker costs
// three for the next one.
func (m *Permutation) At(position uint64) (index uint64, ok bool) {
	x := m.power(position)
	return x - 1, x <= m.n
}

func (m *Permutation) power(position uint64) uint64 {
	return powmod(m.g, addmod(m.start, position%(m.p-1), m.p-1), m.p)
}

// Part returns the positions of part i of parts, from..to-1, for i < parts. The parts are disjoint, cover the walk, and
// differ in length by at most one.
func (m *Permutation) Part(i, parts uint64) (from, to uint64) {
	return muldiv(m.p-1, i, parts), muldiv(m.p-1, i+1, parts)
}

// safePrimeAbove returns the smallest safe prime above n, 5 at least. There is one within a few ten thousand numbers
// up to 2^48, found in milliseconds.
func safePrimeAbove(n uint64) uint64 {
	for _, p := range [...]uint64{5, 7} {
		if p > n {
			return p
		}
	}
	// Above 7 a safe prime is 11 modulo 12: else p or q would be divisible by 2 or 3.
	for p := n + 1 + (11+12-(n+1)%12)%12; ; p += 12 {
		// ProbablyPrime(0) is the Baillie-PSW test, exact below 2^64.
		if new(big.Int).SetUint64(p/2).ProbablyPrime(0) && new(big.Int).SetUint64(p).ProbablyPrime(0) {
			return p
		}
	}
}

// isGenerator tells whether g generates the group modulo the safe prime p: its order divides p-1 = 2q and is neither
// 1 or 2 (g^2 = 1) nor q (g^q = 1).
func isGenerator(g, p uint64) bool {
	return mulmod(g, g, p) != 1 && powmod(g, p/2, p) != 1
}

func mulmod(a, b, m uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	_, rem := bits.Div64(hi%m, lo, m)
	return rem
}

// muldiv is floor(a*b/c) for b <= c.
func muldiv(a, b, c uint64) uint64 {
	if b == c {
		return a
	}
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c) // hi < c because b < c
	return q
}

func addmod(a, b, m uint64) uint64 { return (a + b) % m } // for a, b < m < 2^63

func powmod(base, exp, m uint64) uint64 {
	result := uint64(1)
	for ; exp > 0; exp >>= 1 {
		if exp&1 == 1 {
			result = mulmod(result, base, m)
		}
		base = mulmod(base, base, m)
	}
	return result
}

// splitmix is Steele, Lea and Flood's generator (SplitMix64, 2014): enough to choose two numbers, and its output is
// fixed by its definition, so that a seed means the same order for ever.
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1, n > 0, all equally likely.
func (s *splitmix) below(n uint64) uint64 {
	mask := ^uint64(0) >> bits.LeadingZeros64(n)
	for {
		if x := s.next() & mask; x < n {
			return x
		}
	}
}
