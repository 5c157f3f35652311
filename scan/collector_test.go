package scan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/output"
)

// TestCollectorReturnsEmptyBatches: a batch that came back with its answers still in it would be written twice, by the
// receiver that begins with it.
func TestCollectorReturnsEmptyBatches(t *testing.T) {
	var text bytes.Buffer
	c := newCollector(2, allFields(t, &text), new(Config))
	for range 3 {
		b := <-c.back
		b.n = 2
		b.records[0] = output.Record{Saddr: 1, Sport: 80, Class: output.SYNACK, Success: true}
		b.records[1] = output.Record{Saddr: 2, Sport: 80, Class: output.RST}
		c.in <- b
	}
	close(c.in)
	c.run()
	for range cap(c.back) {
		if b := <-c.back; b.n != 0 {
			t.Fatalf("a batch comes back with %d answers", b.n)
		}
	}
	if rows := strings.Count(text.String(), "\n"); rows != 6 || c.n.hits.Load() != 1 || c.n.closed.Load() != 1 || c.n.repeats.Load() != 4 {
		t.Errorf("%d rows, hits %d, closed %d, repeats %d", rows, c.n.hits.Load(), c.n.closed.Load(), c.n.repeats.Load())
	}
}

// TestCollectorStopsAtMaxResults writes no row too many, and says that it is full.
func TestCollectorStopsAtMaxResults(t *testing.T) {
	var text bytes.Buffer
	c := newCollector(1, allFields(t, &text), &Config{MaxResults: 3})
	b := <-c.back
	b.n = 5
	for i := range b.n {
		b.records[i] = output.Record{Saddr: uint32(i), Class: output.SYNACK, Success: true}
	}
	c.in <- b
	close(c.in)
	c.run()
	select {
	case <-c.full:
	default:
		t.Error("not full after 3 of 3 rows")
	}
	if rows := strings.Count(text.String(), "\n"); rows != 3 || c.n.rows.Load() != 3 {
		t.Errorf("%d rows, %d counted, want 3", rows, c.n.rows.Load())
	}
}
