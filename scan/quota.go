package scan

import "sync/atomic"

// A quota is what the senders together may still take of something: targets, with --max-targets. They ask once per
// batch. A nil quota is without end.
type quota struct{ left atomic.Int64 }

// newQuota returns nil, no limit, for n = 0.
func newQuota(n uint64) *quota {
	if n == 0 {
		return nil
	}
	q := new(quota)
	q.left.Store(int64(min(n, MaxTargets)))
	return q
}

// claim takes up to n and returns how many it got.
func (q *quota) claim(n int) int {
	if q == nil {
		return n
	}
	for {
		left := q.left.Load()
		got := min(left, int64(n))
		if got == 0 || q.left.CompareAndSwap(left, left-got) {
			return int(got)
		}
	}
}

func (q *quota) giveBack(n int) {
	if q != nil && n > 0 {
		q.left.Add(int64(n))
	}
}
