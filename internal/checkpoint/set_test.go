package checkpoint

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

func unpacked(t testing.TB, s Set) (list [][2]uint32) {
	t.Helper()
	for r, err := range s.Unpack() {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// TestSetComesBack, the edges of the address space included.
func TestSetComesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var list [][2]uint32
		for next, end := uint64(r.Uint32N(3)), uint64(1)<<32; next < end; {
			last := min(next+uint64(r.Uint32()>>r.IntN(32)), end-1)
			list = append(list, [2]uint32{uint32(next), uint32(last)})
			next = last + 1 + uint64(r.Uint32()>>r.IntN(32))
			if len(list) > 1000 {
				next = end - 1 // the last address
				end = next
			}
		}
		s, err := Pack(ranges(list...))
		if err != nil {
			t.Fatal(err)
		}
		if got := unpacked(t, s); !slices.Equal(got, list) || s.Len() != len(list) {
			t.Fatalf("%d ranges come back as %d", len(list), len(got))
		}
	}
	if s, err := Pack(ranges()); err != nil || s != nil || len(unpacked(t, s)) != 0 {
		t.Errorf("no ranges: %v, %v", s, err)
	}
	if _, err := Pack(ranges([2]uint32{5, 9}, [2]uint32{9, 9})); err == nil {
		t.Error("ranges that overlap are packed")
	}
}

// TestSetRefuses what Pack never makes, and takes no more memory for it than what is there.
func TestSetRefuses(t *testing.T) {
	raw := func(count uint64, numbers ...uint64) Set {
		var body bytes.Buffer
		w, err := flate.NewWriter(&body, flate.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range numbers {
			w.Write(binary.AppendUvarint(nil, n))
		}
		w.Close()
		return append(binary.AppendUvarint(nil, count), body.Bytes()...)
	}
	for name, s := range map[string]Set{
		"no flate":                 {1, 0xff, 0xff},
		"fewer ranges than said":   raw(2, 0, 0),
		"more ranges than said":    raw(1, 0, 0, 0, 0),
		"beyond the last address":  raw(1, 1<<32, 0),
		"a range beyond the end":   raw(1, 1<<31, 1<<31),
		"after the last address":   raw(2, 0, 1<<32-1, 0, 0),
		"numbers that would wrap":  raw(2, 5, 5, 1<<64-8, 3),
		"half a range":             raw(1, 7),
		"more than there may be":   raw(MaxRanges+1, 0, 0),
		"a number of ranges alone": {0x80},
	} {
		if s.check() == nil {
			t.Errorf("%s is taken for a set", name)
		}
	}
}

// BenchmarkPack is what a blocklist of two million prefixes costs once per scan.
func BenchmarkPack(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([][2]uint32, 0, 2_000_000)
	next := uint32(0)
	for range cap(list) {
		next += 1 + r.Uint32N(2000)
		list = append(list, [2]uint32{next, next})
		next++
	}
	for b.Loop() {
		s, err := Pack(ranges(list...))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(s))/float64(len(list)), "bytes/range")
	}
}
