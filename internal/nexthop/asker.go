package nexthop

import (
	"context"
	"encoding/binary"
	"time"
)

// asker sends ARP questions at an even rate and enters the answers in a table.
type asker struct {
	wire    wire
	request *[arpFrameLen]byte
	opts    LinkOptions
	addrs   []uint32 // to ask for, in order, each once
	table   *Table
	open    int // how many of addrs are not settled

	buf      [128]byte // longer frames are cut: ARP is in the first 42 bytes
	reported time.Time
}

// newAsker returns an asker for addrs. It takes no notice of duplicates.
func newAsker(w wire, request *[arpFrameLen]byte, addrs []uint32, opts LinkOptions) *asker {
	a := &asker{wire: w, request: request, opts: opts, table: newTable(len(addrs))}
	for _, addr := range addrs {
		if a.table.want(addr) {
			a.addrs = append(a.addrs, addr)
		}
	}
	a.open = len(a.addrs)
	return a
}

// learn enters an answer, or what is known from elsewhere.
func (a *asker) learn(addr uint32, mac [6]byte, state slotState) {
	if a.table.learn(addr, mac, state) && state == answered {
		a.open--
	}
}

// run asks everybody, then those who did not answer, as often as the options say. It ends early with the last answer.
func (a *asker) run(ctx context.Context) error {
	for range a.opts.Passes {
		if err := a.pass(ctx); err != nil {
			return err
		}
		if err := a.listen(ctx, a.opts.Wait); err != nil {
			return err
		}
	}
	a.report(len(a.addrs), true)
	return nil
}

// pass asks each address that is not settled once.
//
// Questions are allowed by credit that grows with time, so that a late wake-up is made good; what could not be used
// for longer than two ticks is forfeited, because a burst after a stall is what a switch drops.
func (a *asker) pass(ctx context.Context) error {
	const tick = 5 * time.Millisecond
	rate := float64(a.opts.RatePPS)
	burst := max(1, 2*rate*tick.Seconds())
	last, credit := time.Now(), 1.0
	for i := 0; i < len(a.addrs) && a.open > 0; {
		for ; i < len(a.addrs) && credit >= 1; i++ {
			if a.table.settled(a.addrs[i]) {
				continue
			}
			binary.BigEndian.PutUint32(a.request[targetIPAt:], a.addrs[i])
			sent, err := a.wire.send(a.request[:])
			if err != nil {
				return err
			}
			if !sent {
				break // the same address again, when there is room
			}
			credit--
		}
		a.report(i, false)
		next := time.Duration((1 - credit) / rate * float64(time.Second))
		if err := a.hear(ctx, max(next, tick)); err != nil {
			return err
		}
		now := time.Now()
		credit = min(credit+now.Sub(last).Seconds()*rate, burst)
		last = now
	}
	return nil
}

// listen hears answers for d, or until nobody is left to answer.
func (a *asker) listen(ctx context.Context, d time.Duration) error {
	for end := time.Now().Add(d); a.open > 0; {
		left := time.Until(end)
		if left <= 0 {
			break
		}
		a.report(len(a.addrs), false)
		if err := a.hear(ctx, left); err != nil {
			return err
		}
	}
	return nil
}

// hear waits for frames, for d at most, and enters the answers among those that are there.
func (a *asker) hear(ctx context.Context, d time.Duration) error {
	const (
		nap   = 100 * time.Millisecond // between two looks at ctx
		batch = 1024                   // frames, so that a storm of ARP cannot hold up the questions
	)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := a.wire.wait(min(d, nap)); err != nil {
		return err
	}
	for range batch {
		n, err := a.wire.receive(a.buf[:])
		if err != nil || n == 0 {
			return err
		}
		if addr, mac, ok := parseARPReply(a.buf[:n]); ok {
			a.learn(addr, mac, answered)
		}
	}
	return nil
}

// report calls Progress, unless that was done a moment ago.
func (a *asker) report(asked int, last bool) {
	const every = 250 * time.Millisecond
	if a.opts.Progress == nil || !last && time.Since(a.reported) < every {
		return
	}
	a.reported = time.Now()
	a.opts.Progress(asked, a.table.Len(), len(a.addrs))
}
