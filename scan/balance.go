package scan

// A Balance says what became of the true answers that the XDP program saw. It is exact once Run has returned; before, some
// are on their way.
type Balance struct {
	Seen     uint64 // true answers, whatever became of them
	Rows     uint64 // of them, those that became rows
	Filtered uint64 // those that the output's filter did not want, repeats for example
	Surplus  uint64 // those that came after the maximum number of results
	Lost     uint64 // those lost on the way, each in Losses
	Unread   uint64 // those that came when the scan had ended

	// Missing is what is left: 0, or there is a place that loses answers and does not count them. It is below 0 where
	// answers are counted twice.
	Missing int64
}

// Balance adds up the counters.
func (now *Snapshot) Balance() Balance {
	l := &now.Losses
	b := Balance{
		Seen: now.Steer.Answers() + now.Steer.Unbound + now.Steer.Uncopied,
		Rows: now.Rows, Filtered: now.Filtered, Surplus: now.Surplus, Unread: now.Unread,
		Lost: l.NoSocket + l.Uncopied + l.Redirect + l.RingFull + now.Socket.RxDropped + l.Unparsed + l.Invalid + l.Unwritten,
	}
	b.Missing = int64(b.Seen - b.Rows - b.Filtered - b.Surplus - b.Lost - b.Unread)
	return b
}

// settle completes the last snapshot of a scan, whose goroutines have ended and whose program is off the device.
//
// The kernel does not count redirects that fail because there is no socket any more, or one of another queue. They are
// what the XDP program gave away, and neither came out of the sockets nor was dropped by them.
func (s *Scan) settle(last *Snapshot) {
	for _, r := range s.receivers {
		last.Unread += uint64(r.unread())
	}
	if s.headReceiver != nil {
		last.Unread += uint64(s.headReceiver.heads.Len())
	}
	given := last.Steer.Answers() - s.earlier().Steer.Answers()
	arrived := answersArrived(last) - answersArrived(s.earlier())
	last.Losses.Redirect += given - min(arrived, given)
}

// answersArrived is how many of those that the XDP program gave away have come somewhere.
func answersArrived(now *Snapshot) uint64 {
	return now.Received + now.Unread + now.Socket.RxRingFull + now.Socket.RxDropped
}
