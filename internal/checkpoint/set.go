package checkpoint

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
)

// Set is a set of addresses, packed: the number of its ranges and, deflated, for each the distance from the one before
// and the length. A nil Set is empty. It is packed once, and written often.
type Set []byte

// MaxRanges is how many ranges a Set may have.
const MaxRanges = 1 << 25

// Pack makes a Set of ranges, first and last of each, that are disjoint and ascending.
func Pack(ranges iter.Seq2[uint32, uint32]) (Set, error) {
	var body bytes.Buffer
	deflate, err := flate.NewWriter(&body, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(deflate, 1<<16)
	count, next := uint64(0), uint64(0)
	var pair []byte
	for first, last := range ranges {
		if uint64(first) < next || last < first || count == MaxRanges {
			return nil, fmt.Errorf("pack addresses: range %d, %d-%d, comes after %d", count, first, last, next)
		}
		pair = binary.AppendUvarint(binary.AppendUvarint(pair[:0], uint64(first)-next), uint64(last-first))
		_, _ = w.Write(pair) // to memory
		next, count = uint64(last)+1, count+1
	}
	if count == 0 {
		return nil, nil
	}
	_, _ = w.Flush(), deflate.Close()
	return append(binary.AppendUvarint(nil, count), body.Bytes()...), nil
}

// Len is the number of ranges that the Set says it has.
func (s Set) Len() int {
	n, size := binary.Uvarint(s)
	if size <= 0 {
		return 0
	}
	return int(min(n, MaxRanges))
}

// Unpack yields the ranges. It ends early, after an error, where s is no Set.
func (s Set) Unpack() iter.Seq2[[2]uint32, error] {
	return func(yield func([2]uint32, error) bool) {
		if len(s) == 0 {
			return
		}
		count, size := binary.Uvarint(s)
		if size <= 0 || count > MaxRanges {
			yield([2]uint32{}, fmt.Errorf("%d ranges", count))
			return
		}
		r := bufio.NewReader(flate.NewReader(bytes.NewReader(s[size:])))
		next := uint64(0)
		for i := range count {
			gap, err := binary.ReadUvarint(r)
			length, err2 := binary.ReadUvarint(r)
			if err = errors.Join(err, err2); err != nil {
				yield([2]uint32{}, fmt.Errorf("range %d of %d: %w", i, count, err))
				return
			}
			if gap > math.MaxUint32-min(next, math.MaxUint32) || length > math.MaxUint32-gap-next || next > math.MaxUint32 {
				yield([2]uint32{}, fmt.Errorf("range %d of %d is beyond the last address", i, count))
				return
			}
			first := next + gap
			if !yield([2]uint32{uint32(first), uint32(first + length)}, nil) {
				return
			}
			next = first + length + 1
		}
		if _, err := r.ReadByte(); err != io.EOF {
			yield([2]uint32{}, fmt.Errorf("more than %d ranges", count))
		}
	}
}

// check returns the error of Unpack.
func (s Set) check() error {
	for _, err := range s.Unpack() {
		if err != nil {
			return err
		}
	}
	return nil
}
