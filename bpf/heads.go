package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cilium/ebpf/ringbuf"
)

const (
	headSize   = 144              // bytes of a frame that steer copies: HEAD_SIZE of bpf/src/steer.c
	headRecord = headSize + 4 + 4 // struct head
	headsRing  = 4 << 20          // bytes: 26,000 heads, which the stack takes a tenth of a second to answer

	// longestFrame is that of any Ethernet device, segments joined by the kernel included.
	longestFrame = 1 << 17
)

// Heads are the copies of the SYN-ACKs that steer passed to the host's stack, with SteerConfig.PassSYNACKs. They belong to
// one goroutine.
type Heads struct {
	ring   *ringbuf.Reader
	record ringbuf.Record
	frame  []byte
}

// Heads opens the copies, of which there is one reader. It needs no capability.
func (s *Steer) Heads() (*Heads, error) {
	if !s.cfg.PassSYNACKs {
		return nil, errors.New("read copies of SYN-ACKs: steer was not loaded to make them")
	}
	ring, err := ringbuf.NewReader(s.objects.Heads)
	if err != nil {
		return nil, fmt.Errorf("read copies of SYN-ACKs: %w", err)
	}
	return &Heads{ring: ring, record: ringbuf.Record{RawSample: make([]byte, headRecord)}, frame: make([]byte, longestFrame)}, nil
}

// Next waits for the next frame until deadline; the error is os.ErrDeadlineExceeded then. The frame has the length that it
// had on the wire and all its headers, but zeros after its first 144 bytes. It is valid until the next call. more tells
// that the next one is there already.
func (h *Heads) Next(deadline time.Time) (frame []byte, more bool, err error) {
	h.ring.SetDeadline(deadline)
	if err := h.ring.ReadInto(&h.record); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, false, os.ErrDeadlineExceeded
		}
		return nil, false, fmt.Errorf("read copies of SYN-ACKs: %w", err)
	}
	raw := h.record.RawSample
	if len(raw) != headRecord {
		return nil, false, fmt.Errorf("read copies of SYN-ACKs: a record of %d bytes: %w", len(raw), io.ErrUnexpectedEOF)
	}
	size := min(int(binary.NativeEndian.Uint32(raw[headSize:])), len(h.frame))
	copy(h.frame, raw[:headSize])
	return h.frame[:size], h.record.Remaining > 0, nil
}

// Len is how many frames are there.
func (h *Heads) Len() int { return h.ring.AvailableBytes() / (headRecord + 8) } // 8 bytes before each: its length

// Close ends reading. The copies are gone with the Steer.
func (h *Heads) Close() error { return h.ring.Close() }
