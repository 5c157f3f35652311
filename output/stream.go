package output

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// A stream writes to what is no regular file, in a goroutine of its own: a reader that takes nothing can hold up a
// write(2) for ever, and nobody who is told to end may have to wait for that. Deadlines would be simpler, but the
// standard output that a process is given has none.
type stream struct {
	f       *os.File
	started bool
	todo    chan []byte
	done    chan taken
	over    chan struct{} // closed when nobody waits any more
	once    sync.Once
	grace   time.Duration // interruptGrace
}

// taken is what became of a write.
type taken struct {
	n   int
	err error
}

// interruptGrace is how long writes go on after Interrupt: for a reader that is there, that is enough for all rows.
const interruptGrace = time.Second

var errInterrupted = errors.New("interrupted while its reader took nothing")

func newStream(f *os.File) *stream {
	return &stream{f: f, todo: make(chan []byte), done: make(chan taken, 1), over: make(chan struct{}),
		grace: interruptGrace}
}

// Write returns when p is written, or when nobody waits any more. In the latter case p must not be changed: some of it
// may still be written.
func (s *stream) Write(p []byte) (int, error) {
	if !s.started {
		s.started = true
		go s.run()
	}
	select {
	case s.todo <- p: // at once, unless the last write was given up
	case <-s.over:
		return 0, s.interrupted()
	}
	select {
	case t := <-s.done:
		return t.n, t.err
	case <-s.over:
		return 0, s.interrupted()
	}
}

func (s *stream) run() {
	for p := range s.todo {
		n, err := s.f.Write(p)
		s.done <- taken{n, err}
	}
}

// interrupted reads like an error of a file.
func (s *stream) interrupted() error {
	return &fs.PathError{Op: "write", Path: s.f.Name(), Err: errInterrupted}
}

// interrupt may be called from any goroutine, and more than once.
func (s *stream) interrupt() {
	s.once.Do(func() { time.AfterFunc(s.grace, func() { close(s.over) }) })
}

// close ends the goroutine, after the write that it may be in.
func (s *stream) close() { close(s.todo) }

// Interrupt has a write that waits for the reader of a pipe, and all those after it, fail if they are not done within a
// second. It returns at once. It may be called from any goroutine, at any time.
func (g *Group) Interrupt() {
	for _, f := range g.files {
		if f.sink.stream != nil {
			f.sink.stream.interrupt()
		}
	}
}
