package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"slices"
	"sync"
)

// The two hosts' addresses. The world owns the rest of [Network].
const (
	ScannerAddr uint32 = 198<<24 | 18<<16 | 1 // 198.18.0.1
	WorldAddr   uint32 = 198<<24 | 18<<16 | 2 // 198.18.0.2, the scanner's gateway
)

// What there is to scan, both included: the network but for the two hosts themselves, which are its first two.
const (
	FirstTarget = WorldAddr + 1
	LastTarget  = 198<<24 | 19<<16 | 255<<8 | 255 // 198.19.255.255
)

// Network returns 198.18.0.0/15, which RFC 2544 sets aside for benchmarks: the addresses the world answers for.
func Network() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, 0, 0}), 15)
}

// ErrClosed is returned by operations on a Lab or a world that has been closed.
var ErrClosed = errors.New("lab is closed")

// maxQueues is what the veth driver takes.
const maxQueues = 4096

// Config describes a Lab. The zero value selects every default.
type Config struct {
	// Queues is the number of transmit and of receive queues at each end, 1 to 4096; 0 is one per CPU. veth picks
	// the queue by the sending CPU, so that with fewer queues than sending CPUs frames are lost at high rates; native XDP
	// wants no fewer receive queues than the peer has transmit queues.
	Queues int

	// NoLock lets this Lab exist beside others. By default a Lab waits until every other one on the machine is
	// closed, so that the test packages that the go command runs at once do not fight over cores. Two locked
	// Labs in one process wait for each other for ever.
	NoLock bool
}

// Lab is two hosts and the wire between them. Its methods may be called concurrently.
type Lab struct {
	Scanner *Host
	World   *Host

	lock io.Closer

	mu     sync.Mutex
	closed bool
	parts  []io.Closer // worlds and programs to close before the hosts, in the order they were made
}

// New makes a Lab. It waits for as long as another process holds the lock; see [NewContext] and [Config].
//
// The error wraps [ErrPrivilege] if a capability is missing.
func New(cfg Config) (*Lab, error) {
	return NewContext(context.Background(), cfg)
}

// NewContext is New that gives up waiting for the lock when ctx is done. Later, ctx has no influence on the Lab.
func NewContext(ctx context.Context, cfg Config) (*Lab, error) {
	if cfg.Queues == 0 {
		cfg.Queues = max(runtime.NumCPU(), 1)
	}
	if cfg.Queues < 0 || cfg.Queues > maxQueues {
		return nil, fmt.Errorf("make lab: %d queues: want 1 to %d", cfg.Queues, maxQueues)
	}
	if err := checkPrivileges(); err != nil {
		return nil, fmt.Errorf("make lab: %w", err)
	}
	l := &Lab{}
	if !cfg.NoLock {
		lock, err := acquireLock(ctx)
		if err != nil {
			return nil, fmt.Errorf("make lab: %w", err)
		}
		l.lock = lock
	}
	if err := l.build(cfg.Queues); err != nil {
		return nil, errors.Join(fmt.Errorf("make lab: %w", err), l.Close())
	}
	return l, nil
}

// build makes what Close takes apart, which copes with a half-built Lab.
func (l *Lab) build(queues int) error {
	var err error
	if l.Scanner, err = newHost("scan0", ScannerAddr); err != nil {
		return fmt.Errorf("scanner: %w", err)
	}
	if l.World, err = newHost("world0", WorldAddr); err != nil {
		return fmt.Errorf("world: %w", err)
	}
	return connect(l.Scanner, l.World, queues)
}

// Close ends the worlds, removes the wire and lets go of the namespaces, which vanish unless a child process or an
// open socket still uses them. Functions in [Host.Do] should have returned. A second Close does nothing.
func (l *Lab) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	parts := l.parts
	l.parts = nil
	l.mu.Unlock()

	var errs []error
	for _, part := range slices.Backward(parts) {
		errs = append(errs, part.Close())
	}
	if l.World != nil {
		errs = append(errs, l.Scanner.unplug())
	}
	for _, h := range []*Host{l.Scanner, l.World} {
		if h != nil {
			errs = append(errs, h.close())
		}
	}
	if l.lock != nil {
		errs = append(errs, l.lock.Close())
	}
	return errors.Join(errs...)
}

// adopt has Close close part, or closes it at once if it is too late for that.
func (l *Lab) adopt(part io.Closer) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.Join(ErrClosed, part.Close())
	}
	l.parts = append(l.parts, part)
	return nil
}
