package main

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// completeWithin is how long what is written last has at least, from the second signal on, until one more cuts it off.
const completeWithin = 5 * time.Second

// An interruption is what a signal means that is to end a scan.
type interruption int

const (
	stopProbing interruption = iota // the first: send no more, and wait for answers
	leave                           // the second: end now
	tooEarly                        // one more, too early: told, once
	ignored                         // as tooEarly, but told already
	giveUp                          // one more, long after: end without what is still being written
)

// interruptions counts signals. It is for one goroutine.
type interruptions struct {
	count  int
	second time.Time
}

func (i *interruptions) next(now time.Time) interruption {
	i.count++
	switch {
	case i.count == 1:
		return stopProbing
	case i.count == 2:
		i.second = now
		return leave
	case i.left(now) == 0:
		return giveUp
	case i.count == 3:
		return tooEarly
	}
	return ignored
}

// left is how long it is until one more signal cuts off.
func (i *interruptions) left(now time.Time) time.Duration {
	return max(0, completeWithin-now.Sub(i.second))
}

// refusal says until when signals are ignored.
func (i *interruptions) refusal(now time.Time, what string) string {
	return fmt.Sprintf("interrupted again: %s is still being written; once more, after %.0f seconds, gives that up", what,
		math.Ceil(i.left(now).Seconds()))
}

// writing is what a scan writes at the moment that may take for ever: to a pipe whose reader does not read, or to a file on
// a server that does not answer. It is for many goroutines. The zero writing is the output, of a scan that runs.
type writing struct {
	giveUp func(error) // ends the process
	after  atomic.Pointer[string]
}

// now says what is written from now on, when the scan has ended.
func (w *writing) now(what string) { w.after.Store(&what) }

func (w *writing) String() string {
	if what := w.after.Load(); what != nil {
		return *what
	}
	return "the output"
}

// hasEnded tells whether nothing but writing is left to do.
func (w *writing) hasEnded() bool { return w.after.Load() != nil }
