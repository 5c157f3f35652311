package scan

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Progress is how far a scan has come: which positions of the order of targets are done with. Those from Next on are not,
// nor are those of Units.
type Progress struct {
	Next     uint64 // the first position that has not been begun
	Probed   uint64 // targets probed, less those in Units
	Excluded uint64 // targets left out on the way, likewise
	Units    []Unit // what was begun and is not done; those first that are due first
}

// Unit is a range of positions, From..To-1, whose targets are to be probed in any case.
type Unit struct {
	From, To uint64
	Pass     int           // with an interval between the probes of a target, which of them; 0 for the first
	Wait     time.Duration // not to be probed earlier than so long from now
}

// progress is where the work stands now.
func (w *work) progress(now time.Duration) Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := Progress{Next: w.next, Probed: w.total.probed, Excluded: w.total.excluded}
	p.Units = make([]Unit, 0, len(w.out)+len(w.later))
	for _, u := range w.out {
		p.Units = append(p.Units, Unit{From: u.from, To: u.to, Pass: u.pass})
	}
	for _, u := range w.later {
		p.Units = append(p.Units, Unit{From: u.from, To: u.to, Pass: u.pass, Wait: max(u.due-now, 0)})
	}
	return p
}

// restore makes new work what it was at p, which has been checked. Units that were out are handed out first.
func (w *work) restore(p *Progress) {
	w.next, w.total = p.Next, tally{p.Probed, p.Excluded}
	begun := uint64(0)
	for _, u := range p.Units {
		w.later = append(w.later, delayed{unit{u.From, u.To, u.Pass}, u.Wait})
		if u.Pass == 0 {
			begun += u.To - u.From
		}
	}
	slices.SortStableFunc(w.later, func(a, b delayed) int { return cmp.Compare(a.due, b.due) })
	if w.limit > 0 {
		left := w.limit - min(p.Probed+begun, w.limit)
		w.end = min(w.last-w.next, left) + w.next
	}
}

// complete tells whether nothing is left to be handed out, or to come back.
func (w *work) complete() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.extend()
	return w.next == w.end && len(w.out)+len(w.later) == 0
}

// check refuses what cannot be the progress of a shard with so many passes.
func (p *Progress) check(s *shard, passes int) error {
	if p.Next < s.from || p.Next > s.to {
		return fmt.Errorf("%w: to go on at position %d of %d-%d", ErrConfig, p.Next, s.from, s.to)
	}
	begun, firsts := uint64(0), uint64(0) // positions in Units, and those of them that count in nothing else
	for _, u := range p.Units {
		if u.From < s.from || u.To > p.Next || u.From >= u.To || u.Pass < 0 || u.Pass >= passes || u.Wait < 0 {
			return fmt.Errorf("%w: to go on with positions %d-%d in pass %d, begun until %d of %d-%d", ErrConfig, u.From, u.To,
				u.Pass, p.Next, s.from, s.to)
		}
		begun += u.To - u.From
		if u.Pass == 0 {
			firsts += u.To - u.From
		}
		if begun > p.Next-s.from { // each is at most as much, so that there is no overflow
			return fmt.Errorf("%w: to go on with more positions than the %d that were begun", ErrConfig, p.Next-s.from)
		}
	}
	if p.Probed > p.Next-s.from-firsts {
		return fmt.Errorf("%w: to go on after %d targets of %d positions", ErrConfig, p.Probed, p.Next-s.from-firsts)
	}
	return nil
}

// AppendBinary appends what UnmarshalBinary reads. It returns no error.
func (p Progress) AppendBinary(b []byte) ([]byte, error) {
	for _, n := range []uint64{p.Next, p.Probed, p.Excluded, uint64(len(p.Units))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, u := range p.Units {
		for _, n := range []uint64{u.From, u.To, uint64(u.Pass), uint64(u.Wait)} {
			b = binary.AppendUvarint(b, n)
		}
	}
	return b, nil
}

// UnmarshalBinary refuses what AppendBinary never makes, whatever it is. What it takes may still not fit a scan.
func (p *Progress) UnmarshalBinary(b []byte) error {
	next := func() uint64 {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			b = nil
			return 0
		}
		b = b[size:]
		return n
	}
	*p = Progress{Next: next(), Probed: next(), Excluded: next()}
	const leastUnit = 4 // bytes
	n := next()
	if n > uint64(len(b)/leastUnit) {
		return fmt.Errorf("progress: %d units in %d bytes", n, len(b))
	}
	p.Units = make([]Unit, 0, n)
	for range n {
		if len(b) < leastUnit {
			return errors.New("progress: cut off")
		}
		p.Units = append(p.Units, Unit{next(), next(), int(next() & math.MaxInt32), time.Duration(next() & math.MaxInt64)})
	}
	if len(b) > 0 {
		return fmt.Errorf("progress: %d bytes too many", len(b))
	}
	return nil
}
