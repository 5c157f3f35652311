package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"iter"
	"slices"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/checkpoint"
)

// sameness looks at the lists of a scan while they are read. It notes what a checkpoint has to know of them and, for a
// scan that goes on, compares them with what they were: every position in the order of targets depends on them. A nil
// sameness looks at nothing.
type sameness struct {
	before *checkpoint.File // nil for a new scan

	now   checkpoint.File // digests and sets
	grown *blocklist.Set  // addresses to leave out that were not left out at the beginning
}

// newSameness is nil for a scan without a checkpoint.
func (o *checkpointOptions) newSameness() *sameness {
	if o.checkpoint == "" {
		return nil
	}
	return &sameness{before: o.resumed}
}

// maxKeptRanges is the number of ranges up to which a checkpoint has what was asked for, so that it can name what has
// changed. Of more than that it has the number and a hash.
const maxKeptRanges = 1 << 16

// asked looks at what is asked for, before anything is left out.
func (c *sameness) asked(t *targetSet) (err error) {
	if c == nil {
		return nil
	}
	if t.list != nil {
		c.now.Targets = digestOf(t.list.Len(), func(yield func(uint64) bool) {
			for addr, port := range t.list.All() {
				if !yield(uint64(addr)<<16 | uint64(port)) {
					return
				}
			}
		})
	} else {
		c.now.Targets = digestSet(t.addrs)
		if t.addrs.NumRanges() <= maxKeptRanges {
			if c.now.Wanted, err = pack(t.addrs); err != nil {
				return err
			}
		}
	}
	if c.before == nil || c.now.Targets == c.before.Targets {
		return nil
	}
	return &checkpointError{fmt.Errorf("the targets are not those of the checkpoint: %s; %w", c.whatChanged(t), errNotSame)}
}

// errNotSame is what can be done about it.
var errNotSame = errors.New("give the lists as they were, or begin a new scan")

// whatChanged says how targets differ, with an example where the checkpoint has them.
func (c *sameness) whatChanged(t *targetSet) string {
	before, now := c.before.Targets.Count, c.now.Targets.Count
	if t.list == nil && len(c.before.Wanted) > 0 {
		if old, err := unpack(c.before.Wanted); err == nil {
			more, fewer := t.addrs.Minus(old), old.Minus(t.addrs)
			return fmt.Sprintf("%d more%s and %d fewer%s than the %d addresses before", more.Len(), example(more), fewer.Len(),
				example(fewer), before)
		}
	}
	if before == now {
		return fmt.Sprintf("%d %s as before, but others", now, t.unit())
	}
	return fmt.Sprintf("%d %s, and %d before", now, t.unit(), before)
}

// example names one of a set, if there is one.
func example(s *blocklist.Set) string {
	if s.Len() == 0 {
		return ""
	}
	return fmt.Sprintf(" (such as %v)", blocklist.ToAddr(s.At(0)))
}

// ports compares the ports.
func (c *sameness) ports(ports []uint16) error {
	if c == nil {
		return nil
	}
	all := slices.Compact(slices.Sorted(slices.Values(ports)))
	c.now.Ports = digestOf(uint64(len(all)), func(yield func(uint64) bool) {
		for _, p := range all {
			if !yield(uint64(p)) {
				return
			}
		}
	})
	if c.before != nil && c.now.Ports != c.before.Ports {
		return &checkpointError{fmt.Errorf("the ports are not those of the checkpoint: %d, and %d before; %w", c.now.Ports.Count,
			c.before.Ports.Count, errNotSame)}
	}
	return nil
}

// blocked looks at what blocklists cover, and returns what they covered at the beginning: what is left out of the order
// of targets. What has been added is left out on the way.
func (c *sameness) blocked(now *blocklist.Set) (*blocklist.Set, error) {
	if c == nil {
		return now, nil
	}
	if c.before == nil {
		var err error
		c.now.Blocks = digestSet(now)
		c.now.Blocked, err = pack(now)
		return now, err
	}
	before, err := unpack(c.before.Blocked)
	if err != nil {
		return nil, &checkpointError{err}
	}
	c.now.Blocks, c.now.Blocked = c.before.Blocks, c.before.Blocked
	if lost := before.Minus(now); lost.Len() > 0 {
		return nil, &checkpointError{fmt.Errorf("the blocklist has lost %d of the %d addresses that it had, %v for one; %w",
			lost.Len(), before.Len(), blocklist.ToAddr(lost.At(0)), errNotSame)}
	}
	onTheWay, err := unpack(c.before.OptedOut)
	if err != nil {
		return nil, &checkpointError{err}
	}
	if c.grown = now.Minus(before).Union(onTheWay); c.grown.Len() == 0 {
		c.grown = nil
	}
	return before, nil
}

func pack(s *blocklist.Set) (checkpoint.Set, error) {
	return checkpoint.Pack(func(yield func(first, last uint32) bool) {
		for r := range s.Ranges() {
			if !yield(r.First, r.Last) {
				return
			}
		}
	})
}

func unpack(s checkpoint.Set) (*blocklist.Set, error) {
	ranges := make([]blocklist.Range, 0, s.Len())
	for r, err := range s.Unpack() {
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, blocklist.Range{First: r[0], Last: r[1]})
	}
	return blocklist.New(ranges...), nil
}

func digestSet(s *blocklist.Set) checkpoint.Digest {
	return digestOf(s.Len(), func(yield func(uint64) bool) {
		for r := range s.Ranges() {
			if !yield(uint64(r.First)<<32 | uint64(r.Last)) {
				return
			}
		}
	})
}

// digestOf hashes numbers that stand for count things.
func digestOf(count uint64, numbers iter.Seq[uint64]) checkpoint.Digest {
	const few, half = 1 << 16, 16
	h, buf := sha256.New(), make([]byte, 0, few+8)
	flush := func(h hash.Hash) { h.Write(buf); buf = buf[:0] } // never fails, says its documentation
	for n := range numbers {
		if buf = binary.LittleEndian.AppendUint64(buf, n); len(buf) >= few {
			flush(h)
		}
	}
	flush(h)
	return checkpoint.Digest{Count: count, Hash: hex.EncodeToString(h.Sum(nil)[:half])}
}
