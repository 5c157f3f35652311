package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"os"
	"testing"
	"time"

	"github.com/xsweep/xsweep/blocklist"
)

// coverage counts what --fast-dryrun writes: a bit for each of the 2^32 addresses.
type coverage struct {
	seen              []uint64
	targets, repeated uint64
	rest              []byte // of a row that came in two pieces
}

func (c *coverage) Write(p []byte) (int, error) {
	n := len(p)
	if len(c.rest) > 0 {
		p = append(c.rest, p...)
	}
	for ; len(p) >= fastRow; p = p[fastRow:] {
		addr := binary.BigEndian.Uint32(p)
		word, bit := &c.seen[addr/64], uint64(1)<<(addr%64)
		if *word&bit != 0 {
			c.repeated++
		}
		*word |= bit
		c.targets++
	}
	c.rest = append([]byte(nil), p...)
	return n, nil
}

// TestCoverageOfIPv4 looks at every probe of a scan of all of IPv4, in two shards, and holds what was probed against what
// is allowed. It takes minutes and half a gigabyte, and runs for make coverage only.
func TestCoverageOfIPv4(t *testing.T) {
	if os.Getenv("XSWEEP_COVERAGE") == "" {
		t.Skip("takes minutes: make coverage runs it, with XSWEEP_COVERAGE set")
	}
	c := &coverage{seen: make([]uint64, 1<<32/64)}
	begun := time.Now()
	for _, shard := range []string{"0", "1"} {
		args := []string{"--fast-dryrun", "--keep-privileges", "-p", "443", "-e", "2026", "--shards", "2", "--shard", shard, "-v", "1"}
		if code := execute(context.Background(), args, c, io.Discard); code != exitDone {
			t.Fatalf("exit code %d", code)
		}
	}
	taken := time.Since(begun)
	allowed := blocklist.All().Minus(blocklist.SpecialSet())
	missing, besides := uint64(0), uint64(0)
	next := uint64(0)
	for r := range allowed.Ranges() {
		besides += c.count(next, uint64(r.First))
		missing += r.Len() - c.count(uint64(r.First), uint64(r.Last)+1)
		next = uint64(r.Last) + 1
	}
	besides += c.count(next, 1<<32)
	fmt.Printf("targets seen  %11d\nallowed       %11d\nduplicates    %11d\nomissions     %11d\nnot allowed   %11d\n"+
		"time          %11.0f s, counting included\n", c.targets, allowed.Len(), c.repeated, missing, besides, taken.Seconds())
	if c.targets != allowed.Len() || c.repeated+missing+besides > 0 || len(c.rest) > 0 {
		t.Error("the scan does not probe every allowed address exactly once")
	}
}

// count is the number of addresses that were seen, of those from one to the one before another.
func (c *coverage) count(from, to uint64) (n uint64) {
	for ; from < to && from%64 != 0; from++ {
		n += c.seen[from/64] >> (from % 64) & 1
	}
	for ; from+64 <= to; from += 64 {
		n += uint64(bits.OnesCount64(c.seen[from/64]))
	}
	for ; from < to; from++ {
		n += c.seen[from/64] >> (from % 64) & 1
	}
	return n
}
