package xsk

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"os"
	"strconv"
)

// ErrConfig is wrapped by the error for a Config that no kernel would take. Nothing has been opened then.
var ErrConfig = errors.New("invalid AF_XDP configuration")

// Defaults and limits of Config.
const (
	defaultFrameSize  = 2048
	defaultRxSize     = 2048
	defaultFillSize   = 4096
	defaultTxSize     = 2048
	defaultTxSlotSize = 128

	// minTxSlotSize holds the shortest Ethernet frame (60 bytes without its checksum) and is one cache line.
	minTxSlotSize = 64

	// maxRingSize is no limit of the kernel's, which only asks for a power of two; a ring of a million slots is
	// a mistake in units.
	maxRingSize = 1 << 20
)

// Direction says which of its two sides a Queue opens. The zero value opens both.
type Direction uint8

// The directions.
const (
	Both         Direction = iota // RX and TX
	ReceiveOnly                   // TX returns nil
	TransmitOnly                  // RX returns nil
)

// receives reports whether the receiving side is wanted.
func (d Direction) receives() bool { return d != TransmitOnly }

// transmits reports whether the sending side is wanted.
func (d Direction) transmits() bool { return d != ReceiveOnly }

// Config describes one Queue. Every zero field but Ifindex selects a default.
type Config struct {
	Ifindex   int       // interface index; required
	Interface string    // interface name, used only in messages
	Queue     uint32    // NIC queue, from 0
	Bind      BindMode  // default BindAuto
	Direction Direction // default Both

	// FrameSize is the size of a UMEM chunk in bytes: 2048 (default) or 4096. The kernel keeps 256 bytes of a
	// chunk for itself, so 2048 takes received frames of up to 1792 bytes; zero-copy with an MTU above 1766
	// needs 4096.
	FrameSize uint32

	// RxFrames is how many frames circulate on the receiving side, at most FillSize (default FillSize).
	// Each costs FrameSize bytes of locked memory.
	RxFrames uint32

	// RxSize and FillSize are slots in the RX and fill ring, powers of two (default 2048 and 4096). A fill ring
	// larger than the RX ring keeps the kernel in frames while a full RX ring waits to be read.
	RxSize, FillSize uint32

	// TxSize and CompletionSize are slots in the TX and completion ring, powers of two (default 2048, and
	// TxSize).
	TxSize, CompletionSize uint32

	// TxSlots is how many slots there are to send from, at most CompletionSize (default CompletionSize), so
	// that the completion ring always has room for every frame in flight. With as many as TxSize a sender whose
	// frames are completed in order is faster: it need not write a descriptor twice.
	TxSlots uint32

	// TxSlotSize is the longest frame that can be sent, in bytes: a power of two from 64 to FrameSize (default
	// 128). Slots are packed many to a chunk: at one per chunk, 2 KiB apart, all of them would fall in the same
	// few sets of the processor's caches. TX metadata takes 24 bytes of each.
	TxSlotSize uint32

	// Umem is memory to share with other Queues. nil (default) makes one of the Queue's own. With a Umem, FrameSize is
	// the Umem's (0 will do), and HugePages, TxMetadata and SoftwareChecksum are asked of NewUmem instead; here they can
	// only be required.
	Umem *Umem

	// HugePages asks for a UMEM in huge pages that the administrator reserved. Default: Avoid; see UmemConfig.
	HugePages Preference

	// NeedWakeup has the kernel say when it must be called, instead of being called for every batch (zero-copy). Every
	// kernel that this package runs on can. Default: Prefer. In copy mode it changes nothing.
	NeedWakeup Preference

	// BusyPoll asks for busy polling. The zero value does not.
	BusyPoll BusyPoll

	// MultiBuffer lets packets longer than a frame arrive in several (XDP_USE_SG, Linux 6.6); see RxQueue.Packets.
	// Without it they are dropped. Default: Avoid.
	MultiBuffer Preference

	// TxMetadata allows TxQueue.RequestChecksum (Linux 6.11). Default: Avoid.
	TxMetadata Preference

	// SoftwareChecksum has the kernel itself compute, in copy mode, the checksums that are requested, instead of leaving
	// them to the device: for tests, and for devices that are known not to do it.
	SoftwareChecksum bool
}

// withDefaults returns c with every zero field replaced by its default.
func (c Config) withDefaults() Config {
	if c.Umem != nil && c.FrameSize == 0 {
		c.FrameSize = c.Umem.cfg.FrameSize
	}
	for _, f := range []struct {
		field *uint32
		value uint32
	}{
		{&c.FrameSize, defaultFrameSize},
		{&c.RxSize, defaultRxSize},
		{&c.FillSize, defaultFillSize},
		{&c.TxSize, defaultTxSize},
		{&c.TxSlotSize, defaultTxSlotSize},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	// These follow fields that may themselves have been defaulted above.
	if c.RxFrames == 0 {
		c.RxFrames = c.FillSize
	}
	if c.CompletionSize == 0 {
		c.CompletionSize = c.TxSize
	}
	if c.TxSlots == 0 {
		c.TxSlots = c.CompletionSize
	}
	return c
}

// Validate reports why no kernel would take c, as an error that wraps ErrConfig, or nil. Open calls it.
func (c Config) Validate() error {
	if err := c.withDefaults().check(); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return nil
}

// UmemBytes returns how many bytes of a UMEM a Queue of this Config takes, or 0 if no kernel would take it.
func (c Config) UmemBytes() int {
	if c.Validate() != nil {
		return 0
	}
	return int(c.withDefaults().umemLayout().size)
}

// check validates a Config whose defaults have been filled in.
func (c Config) check() error {
	switch {
	case c.Ifindex <= 0 || c.Ifindex > math.MaxInt32:
		return fmt.Errorf("interface index %d: want a positive one", c.Ifindex)
	case int(c.Bind) >= len(bindModeNames):
		return fmt.Errorf("unknown bind mode %d", uint8(c.Bind))
	case c.Direction > TransmitOnly:
		return fmt.Errorf("unknown direction %d", uint8(c.Direction))
	case c.Queue > math.MaxUint16:
		return fmt.Errorf("queue %d: the kernel numbers queues up to %d", c.Queue, math.MaxUint16)
	case c.FrameSize != 2048 && c.FrameSize != 4096:
		return fmt.Errorf("frame size %d: want 2048 or 4096", c.FrameSize)
	case int(c.FrameSize) > os.Getpagesize():
		return fmt.Errorf("frame size %d: larger than a page of %d", c.FrameSize, os.Getpagesize())
	}
	for _, r := range []struct {
		name string
		size uint32
	}{
		{"RX", c.RxSize}, {"fill", c.FillSize}, {"TX", c.TxSize}, {"completion", c.CompletionSize},
	} {
		if !powerOfTwo(r.size) || r.size > maxRingSize {
			return fmt.Errorf("%s ring of %d slots: want a power of two up to %d", r.name, r.size, maxRingSize)
		}
	}
	if err := c.checkFrames(); err != nil {
		return err
	}
	return c.checkWishes()
}

// checkWishes validates what is asked for on top.
func (c Config) checkWishes() error {
	for _, p := range []struct {
		name string
		want Preference
	}{
		{"huge pages", c.HugePages}, {"need_wakeup", c.NeedWakeup}, {"multi-buffer", c.MultiBuffer},
		{"TX metadata", c.TxMetadata},
	} {
		if p.want > Require {
			return fmt.Errorf("unknown preference %d of %s", uint8(p.want), p.name)
		}
	}
	switch {
	case c.MultiBuffer == Require && !c.Direction.receives():
		return errors.New("multi-buffer is required of a queue that does not receive")
	case c.TxMetadata == Require && !c.Direction.transmits():
		return errors.New("TX metadata is required of a queue that does not send")
	case (c.TxMetadata.wanted() || c.Umem != nil && c.Umem.cfg.TxMetadata.wanted()) && c.TxSlotSize == minTxSlotSize:
		return fmt.Errorf("TX slot of %d bytes: TX metadata takes %d of it and leaves no room for a frame of 60",
			c.TxSlotSize, txMetadataBytes)
	case c.SoftwareChecksum && c.Umem == nil && !c.TxMetadata.wanted():
		return errors.New("checksums in software are asked for by TX metadata, which is not wanted")
	}
	return c.BusyPoll.check()
}

// checkFrames validates the counts that depend on the ring sizes.
func (c Config) checkFrames() error {
	switch {
	case c.RxFrames > c.FillSize:
		return fmt.Errorf("%d RX frames: the fill ring has only %d slots", c.RxFrames, c.FillSize)
	case !powerOfTwo(c.TxSlotSize) || c.TxSlotSize < minTxSlotSize || c.TxSlotSize > c.FrameSize:
		// A descriptor must not cross a chunk, so slots must divide it.
		return fmt.Errorf("TX slot of %d bytes: want a power of two from %d to the frame size, %d",
			c.TxSlotSize, minTxSlotSize, c.FrameSize)
	case c.TxSlots > c.CompletionSize:
		return fmt.Errorf("%d TX slots: the completion ring has only %d", c.TxSlots, c.CompletionSize)
	case c.Umem != nil && c.FrameSize != c.Umem.cfg.FrameSize:
		return fmt.Errorf("frame size %d: that of the UMEM is %d", c.FrameSize, c.Umem.cfg.FrameSize)
	case c.umemLayout().size > math.MaxInt-hugePage:
		return fmt.Errorf("UMEM of %d bytes: more than this machine can address", c.umemLayout().size)
	}
	return nil
}

// name returns the interface as messages call it.
func (c Config) name() string {
	if c.Interface != "" {
		return c.Interface
	}
	return "interface " + strconv.Itoa(c.Ifindex)
}

// powerOfTwo reports whether n is 1, 2, 4, ...
func powerOfTwo(n uint32) bool { return bits.OnesCount32(n) == 1 }
