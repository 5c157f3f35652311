package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// chunks records every Write as one piece.
type chunks struct{ pieces [][]byte }

func (c *chunks) Write(p []byte) (int, error) {
	c.pieces = append(c.pieces, bytes.Clone(p))
	return len(p), nil
}

// TestWriterWritesWholeLines fills several buffers: each piece handed on is big, and ends where a row does.
func TestWriterWritesWholeLines(t *testing.T) {
	for _, format := range []Format{CSV, JSON} {
		var c chunks
		w, err := NewWriter(&c, Config{Format: format, Fields: Fields(), Header: true, Location: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		const rows = 2000
		for n := range rows {
			r := allShapes()[n%4]
			if err := w.Write(&r); err != nil {
				t.Fatal(err)
			}
		}
		if len(c.pieces) < 3 {
			t.Fatalf("%v: %d pieces before Close, want several", format, len(c.pieces))
		}
		for i, p := range c.pieces {
			if len(p) < flushSize || p[len(p)-1] != '\n' {
				t.Errorf("%v: piece %d has %d bytes and ends in %q, want %d or more, ending a line",
					format, i, len(p), p[len(p)-1], flushSize)
			}
		}
		if w.Rows() != rows || w.Written() >= rows {
			t.Errorf("%v: before Close: %d rows, %d written", format, w.Rows(), w.Written())
		}
		if err := w.Close(); err != nil || w.Written() != rows {
			t.Errorf("%v: Close: %v, %d rows written, want %d", format, err, w.Written(), rows)
		}
	}
}

func TestWriterFlush(t *testing.T) {
	var c chunks
	w, err := NewWriter(&c, Config{Fields: DefaultFields(2), Header: true})
	if err != nil {
		t.Fatal(err)
	}
	r := rst()
	for _, step := range []func() error{
		w.Flush, // the header alone
		w.Flush, // nothing: no empty write
		func() error { return w.Write(&r) },
		w.Flush,
		w.Close,
		w.Close,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	want := [][]byte{[]byte("saddr,sport\n"), []byte("198.19.255.254,22\n")}
	if got, want := fmt.Sprintf("%q", c.pieces), fmt.Sprintf("%q", want); got != want {
		t.Errorf("pieces = %s, want %s", got, want)
	}
	if err := w.Write(&r); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write after Close: %v, want os.ErrClosed", err)
	}
	if err := w.Flush(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Flush after Close: %v, want os.ErrClosed", err)
	}
}

func TestWriterCountsFiltered(t *testing.T) {
	var c chunks
	w, err := NewWriter(&c, Config{Fields: DefaultFields(1), Only: DefaultFilter})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range allShapes() {
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if w.Rows() != 1 || w.Filtered() != 3 || w.Written() != 0 {
		t.Errorf("%d rows, %d filtered, %d written, want 1, 3, 0", w.Rows(), w.Filtered(), w.Written())
	}
}

func TestNewWriterErrors(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"no fields", Config{}, "no output fields"},
		{"too many", Config{Fields: make([]Field, 129)}, "129 output fields: the most is 128"},
		{"foreign field", Config{Fields: []Field{{Name: "rtt"}}}, `output field "rtt" is not one of this package`},
		{"no such format", Config{Format: 9, Fields: Fields()}, "unknown output format 9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewWriter(io.Discard, tt.cfg); err == nil || err.Error() != tt.want {
				t.Errorf("NewWriter: %v, want %q", err, tt.want)
			}
		})
	}
}

// disk takes room bytes and then fails, or, if short is set, takes less and does not say why.
type disk struct {
	data  []byte
	room  int
	short bool
	calls int
}

func (d *disk) Write(p []byte) (int, error) {
	d.calls++
	n := min(len(p), d.room-len(d.data))
	d.data = append(d.data, p[:n]...)
	if n < len(p) && !d.short {
		return n, fmt.Errorf("write x.csv: %w", unix.ENOSPC)
	}
	return n, nil
}

// undoDisk is a disk that can take bytes back.
type undoDisk struct{ disk }

func (d *undoDisk) Unwrite(n int) error {
	d.data = d.data[:len(d.data)-n]
	return nil
}

// TestWriterFails lets the destination end at every byte of an output. What is counted as written must be what is
// there, and where bytes can be taken back, nothing else may be left.
func TestWriterFails(t *testing.T) {
	for _, cfg := range []Config{
		{Fields: mustParse(t, "saddr,icmp_unreach_str"), Header: true},
		{Fields: mustParse(t, "saddr,icmp_unreach_str")},
		{Format: JSON, Fields: mustParse(t, "saddr,icmp_unreach_str")},
	} {
		whole := render(t, cfg, allShapes()...)
		for room := range whole {
			for _, short := range []bool{false, true} {
				plain := &disk{room: room, short: short}
				failAt(t, cfg, plain, plain, whole)
				undo := &undoDisk{disk{room: room, short: short}}
				failAt(t, cfg, undo, &undo.disk, whole)
				if n := len(undo.data); n > 0 && undo.data[n-1] != '\n' {
					t.Fatalf("room %d: %q is left, which ends within a line", room, undo.data)
				}
			}
		}
	}
}

// fullDisk is an undoDisk on which there may be room later.
type fullDisk struct{ undoDisk }

func (d *fullDisk) Write(p []byte) (int, error) {
	n, err := d.undoDisk.Write(p)
	if err != nil {
		err = &fullError{err}
	}
	return n, err
}

// TestWriterGoesOn lets the destination be full at every byte of an output, twice, and have room then. Nothing is lost,
// nothing is there twice, and what is there while it is full is whole rows, and counted.
func TestWriterGoesOn(t *testing.T) {
	cfg := Config{Fields: mustParse(t, "saddr,icmp_unreach_str"), Header: true}
	whole := render(t, cfg, allShapes()...)
	for room := range whole {
		d := &fullDisk{undoDisk{disk{room: room}}}
		w, err := NewWriter(d, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range allShapes() {
			if err := w.Write(&r); err != nil {
				t.Fatal(err)
			}
		}
		for more := range 2 {
			d.room = min(room+more*20, len(whole)-1)
			if err := w.Flush(); !errors.Is(err, ErrFull) {
				t.Fatalf("room %d: Flush: %v, want %v", room, err, ErrFull)
			}
			lines := uint64(bytes.Count(d.data, []byte("\n")))
			if !bytes.HasPrefix(whole, d.data) || w.Written() != max(lines, 1)-1 || len(d.data) > 0 && !bytes.HasSuffix(d.data, []byte("\n")) {
				t.Fatalf("room %d: %d rows written are %q", room, w.Written(), d.data)
			}
		}
		d.room = len(whole)
		if err := w.Close(); err != nil || !bytes.Equal(d.data, whole) || w.Written() != 4 {
			t.Fatalf("room %d, then enough: %v, %d rows written, %q", room, err, w.Written(), d.data)
		}
	}
}

// failAt writes all shapes to dst, whose bytes end up in d, and checks the error and the counters against them.
func failAt(t *testing.T, cfg Config, dst io.Writer, d *disk, whole []byte) {
	t.Helper()
	w, err := NewWriter(dst, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range allShapes() {
		if err := w.Write(&r); err != nil {
			t.Fatalf("Write %d: %v", i, err)
		}
	}
	err = w.Flush()
	cause := error(unix.ENOSPC)
	if d.short {
		cause = io.ErrShortWrite
	}
	if !errors.Is(err, cause) {
		t.Fatalf("Flush with room for %d bytes: %v, want %v", d.room, err, cause)
	}
	rows := bytes.Count(whole[:d.room], []byte("\n"))
	if cfg.Header && rows > 0 {
		rows--
	}
	if !strings.Contains(err.Error(), fmt.Sprintf("whole rows written: %d", rows)) || strings.Contains(err.Error(), "\n") {
		t.Errorf("room %d: %q does not say on one line that %d rows are written", d.room, err, rows)
	}
	if w.Written() != uint64(rows) || w.Rows() != 4 {
		t.Errorf("room %d: %d of %d rows written, want %d of 4", d.room, w.Written(), w.Rows(), rows)
	}

	r := rst()
	for name, call := range map[string]func() error{
		"Write": func() error { return w.Write(&r) }, "Flush": w.Flush, "Close": w.Close,
	} {
		if again := call(); !errors.Is(again, err) {
			t.Errorf("%s after the error: %v, want %v again", name, again, err)
		}
	}
	if d.calls != 1 || w.Rows() != 4 {
		t.Errorf("after the error: %d writes, %d rows, want 1 and 4", d.calls, w.Rows())
	}
}

func TestWholeRows(t *testing.T) {
	tests := []struct {
		name      string
		format    Format
		p         string
		rows, end int
	}{
		{"nothing", CSV, "", 0, 0},
		{"a part of a row", CSV, "198.18.0", 0, 0},
		{"a row and a part", CSV, "a,b\nc", 1, 4},
		{"line break in quotes", CSV, "\"a\nb\",c\n\"d\n", 1, 8},
		{"doubled quotes", CSV, "\"a\"\"\nb\"\nc\"\n", 1, 8},
		{"escaped quote", JSON, "{\"a\":\"\\\"\"}\n{", 1, 11},
	}
	for _, tt := range tests {
		if rows, end := wholeRows([]byte(tt.p), tt.format); rows != tt.rows || end != tt.end {
			t.Errorf("%s: wholeRows(%q) = %d, %d, want %d, %d", tt.name, tt.p, rows, end, tt.rows, tt.end)
		}
	}
}

// stuckDisk is a disk that could take bytes back at other times.
type stuckDisk struct{ disk }

func (*stuckDisk) Unwrite(int) error { return unix.EIO }

func TestWriterSaysWhatBecameOfAPartialRow(t *testing.T) {
	const cause = "write x.csv: no space left on device "
	tests := []struct {
		name string
		dst  io.Writer
		want string
	}{
		{"cannot take back", &disk{room: 20}, "(whole rows written: 1, then 9 bytes of another)"},
		{"takes back", &undoDisk{disk{room: 20}}, "(whole rows written: 1; 9 bytes of another removed)"},
		{"fails to", &stuckDisk{disk{room: 20}},
			"(whole rows written: 1, then 9 bytes of another: input/output error)"},
	}
	for _, tt := range tests {
		w, err := NewWriter(tt.dst, Config{Fields: DefaultFields(1)})
		if err != nil {
			t.Fatal(err)
		}
		r := synackBare()
		if err := errors.Join(w.Write(&r), w.Write(&r)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err == nil || err.Error() != cause+tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, cause+tt.want)
		}
	}
}

// wildWriter reports counts that no io.Writer may.
type wildWriter int

func (n wildWriter) Write([]byte) (int, error) { return int(n), errors.New("out of order") }

func TestWriterBelievesNoImpossibleCount(t *testing.T) {
	for n, wantRows := range map[wildWriter]uint64{-5: 0, 1 << 40: 1} {
		w, err := NewWriter(n, Config{Fields: DefaultFields(1)})
		if err != nil {
			t.Fatal(err)
		}
		r := rst()
		if err := errors.Join(w.Write(&r), w.Flush()); err == nil || w.Written() != wantRows {
			t.Errorf("destination reports %d bytes: %v, %d rows written, want %d", n, err, w.Written(), wantRows)
		}
	}
}

// TestWriterFailsAfterTheHeader has the header pass and the rows fail: the header must not be counted twice.
func TestWriterFailsAfterTheHeader(t *testing.T) {
	const header = "saddr\n"
	d := &disk{room: len(header) + len("198.19.255.254\n")}
	w, err := NewWriter(d, Config{Fields: DefaultFields(1), Header: true})
	if err != nil {
		t.Fatal(err)
	}
	r := rst()
	if err := errors.Join(w.Flush(), w.Write(&r), w.Write(&r)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err == nil || w.Written() != 1 {
		t.Errorf("Flush: %v, %d rows written, want an error and 1", err, w.Written())
	}
}

func TestWriterAllocs(t *testing.T) {
	for _, format := range []Format{CSV, JSON} {
		w, err := NewWriter(io.Discard, Config{Format: format, Fields: Fields(), Only: func(*Record) bool { return true }})
		if err != nil {
			t.Fatal(err)
		}
		records := allShapes()
		n := testing.AllocsPerRun(1000, func() {
			for i := range records {
				records[i].Time += 1e9 // a new second each time
				if err := w.Write(&records[i]); err != nil {
					t.Fatal(err)
				}
			}
		})
		if n != 0 {
			t.Errorf("%v: four records allocate %v times, want 0", format, n)
		}
	}
}

// TestRowFitsTheBuffer writes the longest row there can be: the buffer must not have to grow for it.
func TestRowFitsTheBuffer(t *testing.T) {
	r := Record{Time: 1<<63 - 1, Saddr: ^uint32(0), Daddr: ^uint32(0), ICMPResponder: ^uint32(0), Seqnum: ^uint32(0),
		Acknum: ^uint32(0), HasWScale: true, WScale: 62, HasTS: true, TSVal: ^uint32(0), TSEcr: ^uint32(0),
		RTT: 1<<63 - 1, VLAN: ^uint16(0), Window: ^uint16(0), HasMSS: true, MSS: ^uint16(0),
		HasOptionKinds: true, NumOptions: 20} // a kind of three digits takes two bytes of 40 at least
	for i := range r.OptionKinds[:r.NumOptions] {
		r.OptionKinds[i] = 255
	}
	for _, f := range Fields() { // those of the scan have room of their own
		for _, class := range []Class{SYNACK, ICMP} {
			for code := range uint8(20) {
				r.Class, r.ICMPCode = class, code
				w := &Writer{clock: newClock(time.UTC)}
				if n := len(w.jsonValue(nil, f.get(&r), &r)); n > longestValue {
					t.Errorf("%s of %v takes %d bytes, want %d or less", f.Name, class, n, longestValue)
				}
			}
		}
	}
}

// TestScanFitsTheBuffer is the same for what a scan says of itself, in the text that takes most room.
func TestScanFitsTheBuffer(t *testing.T) {
	s := ScanInfo{ID: strings.Repeat("\x01", 100), Engine: strings.Repeat("\"", 101), Shard: ^uint32(0),
		JA4T: strings.Repeat("\x02", 102)}
	for _, f := range Fields() {
		if f.ofScan == nil {
			continue
		}
		f = f.in(&s)
		v := f.get(new(Record))
		w := &Writer{}
		if n := max(len(w.jsonValue(nil, v, nil)), len(w.csvValue(nil, v, nil))); n > s.room() {
			t.Errorf("%s takes %d bytes, want %d or less", f.Name, n, s.room())
		}
	}
}
