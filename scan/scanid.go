package scan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// orderVersion changes when equal configurations no longer give the same order.
const orderVersion = 1

// ID names what is probed, and in which order: 16 hexadecimal digits that are equal for scans with equal targets, ports,
// exclusions and seed. The shards of a scan, and what goes on with it later, have the same one; where it is different,
// something was missed or is done twice. It is no secret, and says nothing about the cookies' key.
func (s *Scan) ID() string { return s.id() }

// hashOrder is the work of ID: it goes over every range, or every listed target, so that once is enough.
func (s *Scan) hashOrder() string {
	h := sha256.New()
	w := idWriter{hash: h}
	w.numbers(orderVersion, s.cfg.Seed, s.space.Len())
	if list := s.space.pairs; list != nil {
		w.numbers(listed)
		for addr, port := range list.All() {
			w.numbers(uint64(addr)<<16 | uint64(port))
		}
	} else {
		w.numbers(crossed, uint64(s.space.addrs.NumRanges()))
		for r := range s.space.addrs.Ranges() {
			w.numbers(uint64(r.First)<<32 | uint64(r.Last))
		}
		for _, port := range s.space.ports {
			w.numbers(uint64(port))
		}
	}
	w.flush()
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// The two kinds of spaces.
const (
	crossed = iota // addresses times ports
	listed
)

// idWriter gathers numbers for a hash, which is fast only with many bytes at a time.
type idWriter struct {
	hash hash.Hash
	buf  []byte
}

func (w *idWriter) numbers(list ...uint64) {
	for _, n := range list {
		w.buf = binary.LittleEndian.AppendUint64(w.buf, n)
	}
	if len(w.buf) > 1<<16 {
		w.flush()
	}
}

func (w *idWriter) flush() {
	w.hash.Write(w.buf) // never fails, says its documentation
	w.buf = w.buf[:0]
}
