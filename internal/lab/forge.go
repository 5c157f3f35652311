package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"time"

	"github.com/cilium/ebpf"
)

// ForgeConfig describes a flood of forged frames.
type ForgeConfig struct {
	Kind  ForgeKind // one kind, or several, whose frames come in turn
	Count uint64    // frames to send

	// Key is that of the scan that is attacked, and Port a port that it probes: for the kinds that want them. They rely on
	// FirstPort and LastPort being the scan's, and on its sending one probe to each target.
	Key  [2]uint64
	Port uint16

	// FirstPort and LastPort bound the scanner's ports that the flood is aimed at, both included. Zero values: all.
	FirstPort, LastPort uint16

	// RatePPS is about how many frames go out per second, in bursts of 1 ms; 0 is as fast as it goes.
	RatePPS float64

	// Seed chooses the random source addresses, which are in the simulated network, the source ports, and the
	// sequence and acknowledgement numbers.
	Seed uint64
}

const (
	// forgeBatch is how many live frames the kernel makes at a time. veth's ring holds 256, and larger batches have
	// been seen to overrun it.
	forgeBatch = 64

	// forgeCall bounds one system call: a few milliseconds. Each costs some 20 µs.
	forgeCall = 1 << 13

	forgeInterval = time.Millisecond
)

// Forge sends forged frames with right checksums at the scanner, blocks until Count are sent, and returns how many
// were. Floods of one Simulation do not overlap: a second waits for the first.
func (s *Simulation) Forge(cfg ForgeConfig) (sent uint64, err error) {
	if cfg.Kind == 0 || cfg.Kind > ForgeAll {
		return 0, fmt.Errorf("forge: unknown kind %#x", uint32(cfg.Kind))
	}
	return s.forger.flood(s.lab.World, s.lab.Scanner, &s.truth, cfg)
}

// forger is a program that sends frames from nowhere. The zero value is ready.
type forger struct {
	mu      sync.Mutex
	closed  bool
	objects *forgeObjects
	ready   io.Closer
}

// flood sends from one host's interface; to is the host that the forged frames, or their answers, go to.
func (f *forger) flood(from, to *Host, t *truth, cfg ForgeConfig) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cfg.FirstPort == 0 && cfg.LastPort == 0 {
		cfg.LastPort = math.MaxUint16
	}
	if cfg.FirstPort > cfg.LastPort {
		return 0, fmt.Errorf("forge: port range %d to %d is empty", cfg.FirstPort, cfg.LastPort)
	}
	if !(cfg.RatePPS >= 0) {
		return 0, fmt.Errorf("forge: rate %v is not a rate", cfg.RatePPS)
	}
	if err := f.load(from); err != nil {
		return 0, fmt.Errorf("forge: %w", err)
	}
	order := forgeOrder{
		Seed:       mix(cfg.Seed + 1),
		Key0:       cfg.Key[0],
		Key1:       cfg.Key[1],
		Network:    t.network,
		HostMask:   ^t.mask,
		Victim:     ScannerAddr,
		FirstPort:  uint32(cfg.FirstPort),
		Ports:      uint32(cfg.LastPort) - uint32(cfg.FirstPort) + 1,
		TargetPort: uint32(cfg.Port),
		DstMac:     macWords(to.mac),
		SrcMac:     macWords(from.mac),
	}
	order.Kind, order.Kinds = cfg.Kind.list()
	if err := f.objects.Sent.Set(uint64(0)); err != nil {
		return 0, fmt.Errorf("forge: %w", err)
	}
	var sent uint64
	err := from.Do(func() error {
		var err error
		sent, err = f.pace(from, order, cfg)
		return err
	})
	if err != nil {
		return sent, fmt.Errorf("forge on %s: %w", from.name, err)
	}
	return sent, nil
}

// pace makes the calls, and waits between them if there is a rate.
func (f *forger) pace(from *Host, order forgeOrder, cfg ForgeConfig) (sent uint64, err error) {
	burst := uint64(forgeCall)
	if cfg.RatePPS > 0 {
		burst = min(burst, max(1, uint64(cfg.RatePPS*forgeInterval.Seconds())))
	}
	frame := make([]byte, forgeLen(cfg.Kind))
	start := time.Now()
	for sent < cfg.Count {
		if cfg.RatePPS > 0 {
			due := time.Duration(float64(sent) / cfg.RatePPS * float64(time.Second))
			time.Sleep(due - time.Since(start))
		}
		before := sent
		n := min(burst, cfg.Count-sent)
		order.Limit = sent + n
		if sent, err = f.call(from, &order, uint32(n), frame); err != nil {
			return sent, err
		}
		if sent == before {
			return sent, errors.New("the kernel sends no frames")
		}
	}
	return sent, nil
}

// call runs the program on n live frames and returns how many frames have been sent in all. A signal may interrupt the run
// and the library then starts it again from nothing, but the program knows how many it has sent and keeps to the limit.
func (f *forger) call(from *Host, order *forgeOrder, n uint32, frame []byte) (uint64, error) {
	if err := f.objects.Job.Set(order); err != nil {
		return 0, fmt.Errorf("set order: %w", err)
	}
	_, runErr := f.objects.Forge.Run(&ebpf.RunOptions{
		Data:      frame,
		Repeat:    n,
		Flags:     liveFrames,
		BatchSize: forgeBatch,
		Context:   xdpContext{DataEnd: uint32(len(frame)), IngressIfindex: uint32(from.ifindex)},
	})
	var sent uint64
	if err := f.objects.Sent.Get(&sent); err != nil {
		return 0, errors.Join(runErr, fmt.Errorf("read count: %w", err))
	}
	if runErr != nil {
		return sent, fmt.Errorf("run on live frames: %w", runErr)
	}
	return sent, nil
}

const liveFrames = 1 << 1 // BPF_F_TEST_XDP_LIVE_FRAMES of linux/bpf.h

// xdpContext is struct xdp_md of linux/bpf.h. The ingress interface is where a live frame goes on XDP_TX.
type xdpContext struct {
	Data           uint32
	DataEnd        uint32
	DataMeta       uint32
	IngressIfindex uint32
	RxQueueIndex   uint32
	EgressIfindex  uint32
}

// forgeLen is the length of the frames of a flood.
func forgeLen(kind ForgeKind) int {
	if kind&forgeErrors != 0 {
		return 14 + 20 + 8 + 20 + 8 // Ethernet, IPv4, ICMP, and the quoted IPv4 header with 8 bytes of TCP
	}
	return 60 // the shortest Ethernet frame; its last 6 bytes are padding
}

// macWords lays an address out as the program copies it: as three words in memory order.
func macWords(mac net.HardwareAddr) (words [3]uint16) {
	for i := range words {
		words[i] = binary.NativeEndian.Uint16(mac[2*i:])
	}
	return words
}

func (f *forger) load(host *Host) error {
	if f.closed {
		return ErrClosed
	}
	if f.objects != nil {
		return nil
	}
	objects := new(forgeObjects)
	if err := loadForgeObjects(objects, nil); err != nil {
		return fmt.Errorf("load XDP program: %w", err)
	}
	var err error
	if f.ready, err = host.KeepReady(objects.Forge); err != nil {
		return errors.Join(err, objects.Close())
	}
	f.objects = objects
	return nil
}

func (f *forger) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.objects == nil {
		f.closed = true
		return nil
	}
	f.closed = true
	return errors.Join(f.ready.Close(), f.objects.Close())
}
