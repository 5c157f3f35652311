package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// A notBegunError says that a signal came before a scan had begun.
type notBegunError struct{ signal unix.Signal }

func (e *notBegunError) Error() string { return "interrupted before the scan began: nothing was sent" }

// die ends the process by the signal, as any program that does not catch it, so that a shell knows it and ends a loop.
// It returns where that does not end a process: the first one of a container.
func (e *notBegunError) die() {
	signal.Reset(e.signal)
	if unix.Kill(os.Getpid(), e.signal) == nil {
		time.Sleep(100 * time.Millisecond)
	}
}

// unwindWithin is how long what is open may take to be closed again.
const unwindWithin = time.Second

// An opening is the time before a scan begins. SIGINT, SIGTERM and SIGHUP end its context. What does not look at that,
// such as a pipe without a reader or a list from a terminal, is left where it is after a second, or with another signal.
type opening struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	signals  chan os.Signal
	released chan struct{}
	ended    chan struct{}
}

// open begins an opening; end follows.
func open(parent context.Context, stderr io.Writer) *opening {
	o := &opening{signals: make(chan os.Signal, 2), released: make(chan struct{}), ended: make(chan struct{})}
	o.ctx, o.cancel = context.WithCancelCause(parent)
	signal.Notify(o.signals, unix.SIGINT, unix.SIGTERM)
	if !signal.Ignored(unix.SIGHUP) { // as under nohup
		signal.Notify(o.signals, unix.SIGHUP)
	}
	go o.watch(stderr)
	return o
}

func (o *opening) watch(stderr io.Writer) {
	defer close(o.ended)
	select {
	case sig := <-o.signals:
		o.interrupt(sig)
	case <-o.released:
		return
	}
	select {
	case <-o.signals:
	case <-time.After(unwindWithin):
	case <-o.released:
		return
	}
	err := o.interrupted()
	fmt.Fprintln(stderr, "xsweep:", err)
	err.die()
	os.Exit(exitFailed)
}

func (o *opening) interrupt(sig os.Signal) {
	number, _ := sig.(unix.Signal) // as all are here
	o.cancel(&notBegunError{number})
}

// end gives the signals back, and tells whether there was one. Whoever catches them from here on does so already. A
// second call does nothing else.
func (o *opening) end() *notBegunError {
	select {
	case <-o.released:
		return o.interrupted()
	default:
	}
	signal.Stop(o.signals)
	close(o.released)
	<-o.ended
	select {
	case sig := <-o.signals: // just before
		o.interrupt(sig)
	default:
	}
	return o.interrupted()
}

// interrupted is nil if there was no signal yet.
func (o *opening) interrupted() *notBegunError {
	err, _ := errors.AsType[*notBegunError](context.Cause(o.ctx))
	return err
}
