package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// resumableNames returns a file name for each line format and compression.
func resumableNames() []string {
	return []string{"x.csv", "x.json", "x.csv.gz", "x.csv.zst", "x.json.gz", "x.json.zst"}
}

// resumeConfig has rows with quotes and line breaks in them, as nasty as rows get.
func resumeConfig(t testing.TB) Config {
	return Config{Fields: mustParse(t, "saddr,seqnum,scan_id"), Header: true, Location: time.UTC,
		Scan: ScanInfo{ID: "a \"b\nc, d\"\n"}}
}

// writeVaried writes the records number from to to-1 of vary, and marks behind each one of marked; the marks of one file.
func writeVaried(t testing.TB, g *Group, from, to uint64, marked ...uint64) (marks []Mark) {
	t.Helper()
	r := synackAllOptions()
	for n := from; n < to; n++ {
		vary(&r, n)
		if err := g.Write(&r); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(marked, n) {
			m, err := g.Mark()
			if err != nil {
				t.Fatal(err)
			}
			marks = append(marks, m...)
		}
	}
	return marks
}

// varied is what a file has that holds the records of several ranges, decompressed.
func varied(t testing.TB, cfg Config, ranges ...[2]uint64) string {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := synackAllOptions()
	for _, part := range ranges {
		for n := part[0]; n < part[1]; n++ {
			vary(&r, n)
			if err := w.Write(&r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReopenAfterEveryByte has a process die at every byte behind a mark: all rows that are whole stay, one that is not
// is cut off, and what comes next follows as if nothing had happened. Between mark and end there are rows, and pieces,
// of different sizes. Then the same with a hole of zeros where the rest should be, as a crash of the machine may leave.
func TestReopenAfterEveryByte(t *testing.T) {
	for _, name := range resumableNames() {
		for _, hole := range []int{0, 5000} {
			t.Run(fmt.Sprintf("%s hole=%d", name, hole), func(t *testing.T) {
				f := in(t.TempDir(), name)
				cfg := resumeConfig(t)
				g, err := OpenGroup([]File{f}, cfg)
				if err != nil {
					t.Fatal(err)
				}
				marks := writeVaried(t, g, 0, 8, 2, 3, 4, 7)
				if err := errors.Join(g.SyncFiles(), g.Close()); err != nil {
					t.Fatal(err)
				}
				whole, err := os.ReadFile(f.Path)
				if err != nil {
					t.Fatal(err)
				}
				for size := int(marks[0].Size); size <= len(whole); size++ {
					left := append(slices.Clone(whole[:size]), make([]byte, hole)...)
					kept, end := wholeBehind(f, marks, left, whole)
					checkReopen(t, f, cfg, marks[0], left, kept, int64(len(left)-end))
				}
			})
		}
	}
}

// wholeBehind says how many of the rows in left, which begins as whole does, are whole, and where the last one ends: by
// the other marks where rows are in pieces, and else by the text of each.
func wholeBehind(f File, marks []Mark, left, whole []byte) (rows uint64, end int) {
	if f.Compression != Uncompressed {
		for _, m := range marks {
			if bytes.HasPrefix(left, whole[:m.Size]) { // the last bytes of a member may be zeros as well
				rows, end = m.Rows, int(m.Size)
			}
		}
		return rows, end
	}
	suffix := "\"\"\n\"\n" // a line break within quotes has no quote behind it
	if f.Format == JSON {
		suffix = "}\n"
	}
	for at := int(marks[0].Size); at <= len(left); at++ {
		if bytes.HasSuffix(left[:at], []byte(suffix)) {
			rows, end = rows+1, at
		}
	}
	return marks[0].Rows + rows - 1, end // the first is the last before the mark
}

// checkReopen goes on with a file that has the bytes of left, and wants kept rows, then two more.
func checkReopen(t *testing.T, f File, cfg Config, mark Mark, left []byte, kept uint64, cut int64) {
	t.Helper()
	if err := os.WriteFile(f.Path, left, 0o600); err != nil {
		t.Fatal(err)
	}
	g, cuts, err := ReopenGroup([]File{f}, cfg, []Mark{mark})
	if err != nil {
		t.Fatal(err)
	}
	if g.Rows() != kept || cuts[0] != cut {
		t.Fatalf("%d of bytes left: %d rows and %d bytes cut off, want %d and %d", len(left), g.Rows(), cuts[0], kept, cut)
	}
	marks := writeVaried(t, g, 100, 102, 101)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if marks[0].Rows != kept+2 {
		t.Fatalf("the next mark has %d rows, want %d", marks[0].Rows, kept+2)
	}
	cfg.Format = f.Format
	want := varied(t, cfg, [2]uint64{0, kept}, [2]uint64{100, 102})
	if rows, broken := readRows(t, f.Path); string(rows) != want || broken {
		t.Fatalf("%d of bytes left: rows\n%s\nwant\n%s", len(left), rows, want)
	}
}

// TestReopenWithoutARow goes on with a file of which a process had marked nothing, the header included, and which holds
// any part of what that process wrote.
func TestReopenWithoutARow(t *testing.T) {
	for _, name := range resumableNames() {
		f := in(t.TempDir(), name)
		cfg := resumeConfig(t)
		g, err := OpenGroup([]File{f}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		marks := writeVaried(t, g, 0, 3, 0, 1, 2)
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		nothing := Mark{Path: f.Path}
		for _, m := range marks {
			checkReopen(t, f, cfg, nothing, whole[:m.Size], m.Rows, 0)
			checkReopen(t, f, cfg, nothing, whole[:m.Size-1], m.Rows-1, m.Size-1-before(m, marks, whole, f))
		}
		checkReopen(t, f, cfg, nothing, nil, 0, 0)
		torn := whole[:3] // of the header, of a piece, or of a row
		checkReopen(t, f, cfg, nothing, torn, 0, 3)
		checkReopen(t, f, cfg, nothing, append(slices.Clone(torn), 0, 0), 0, 5)
	}
}

// before is where the last row or piece before that of m ends, or the header.
func before(m Mark, marks []Mark, whole []byte, f File) int64 {
	for i, other := range marks {
		if other == m && i > 0 {
			return marks[i-1].Size
		}
	}
	if f.Compression == Uncompressed && f.Format == CSV {
		return int64(bytes.IndexByte(whole, '\n') + 1)
	}
	return 0
}

// TestReopenKeepsWhatEachFileHas goes on with files that a killed process had got to different places in.
func TestReopenKeepsWhatEachFileHas(t *testing.T) {
	dir := t.TempDir()
	files := []File{in(dir, "x.csv"), in(dir, "x.json.gz")}
	cfg := resumeConfig(t)
	g, err := OpenGroup(files, cfg)
	if err != nil {
		t.Fatal(err)
	}
	first := writeVaried(t, g, 0, 5, 4)
	writeVaried(t, g, 5, 9, 8)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(files[1].Path, first[1].Size+1); err != nil { // what g.Close wrote did not get there
		t.Fatal(err)
	}
	g, cut, err := ReopenGroup(files, cfg, first)
	if err != nil {
		t.Fatal(err)
	}
	if g.Rows() != 9 || !slices.Equal(cut, []int64{0, 1}) {
		t.Errorf("%d rows, %d bytes cut off, want 9, and 0 and 1", g.Rows(), cut)
	}
	marks := writeVaried(t, g, 9, 10, 9)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if marks[0].Rows != 10 || marks[1].Rows != 6 {
		t.Errorf("the marks have %d and %d rows, want 10 and 6", marks[0].Rows, marks[1].Rows)
	}
	for i, ranges := range [][][2]uint64{{{0, 10}}, {{0, 5}, {9, 10}}} {
		cfg.Format = files[i].Format
		if rows, broken := readRows(t, files[i].Path); string(rows) != varied(t, cfg, ranges...) || broken {
			t.Errorf("%s: %s", files[i].Path, rows)
		}
	}
}

// TestReopenDamaged flips each bit of the piece behind a mark: what decompresses to something else must not stay.
func TestReopenDamaged(t *testing.T) {
	for _, name := range []string{"x.csv.gz", "x.json.zst"} {
		f := in(t.TempDir(), name)
		cfg := resumeConfig(t)
		g, err := OpenGroup([]File{f}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		marks := writeVaried(t, g, 0, 4, 1, 3)
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Format = f.Format
		good := varied(t, cfg, [2]uint64{0, 4})
		kept := 0
		for at := int(marks[0].Size); at < len(whole); at++ {
			for bit := range 8 {
				damaged := slices.Clone(whole)
				damaged[at] ^= 1 << bit
				if err := os.WriteFile(f.Path, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				g, _, err := ReopenGroup([]File{f}, cfg, marks[:1])
				if err != nil {
					t.Fatal(err)
				}
				if err := g.Close(); err != nil {
					t.Fatal(err)
				}
				rows, broken := readRows(t, f.Path)
				if broken || !strings.HasPrefix(good, string(rows)) {
					t.Fatalf("%s with bit %d of byte %d flipped: %q", name, bit, at, rows)
				}
				if string(rows) == good { // time and system in the header of a gzip member are not in its checksum
					kept++
				}
			}
		}
		if most := 8 * 9; kept > most {
			t.Errorf("%s: %d of the flipped bits did not matter, want %d at most", name, kept, most)
		}
	}
}

// TestReopenRefuses wants an error that says which file and why, and every file as it was.
func TestReopenRefuses(t *testing.T) {
	cfg := resumeConfig(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	good := "saddr\n1.2.3.4\n1.2."
	for _, err := range []error{os.WriteFile(path("good.csv"), []byte(good), 0o600),
		os.WriteFile(path("short.csv"), []byte("saddr\n"), 0o600),
		os.WriteFile(path("other.csv"), []byte("saddr,sport\n1.2.3.4,443\n"), 0o600),
		os.WriteFile(path("long.csv"), []byte("saddr\n1.2.3.5\n1.2.3.6\n"), 0o600),
		os.WriteFile(path("sport.csv"), []byte("sport\n443\n"), 0o600),
		os.WriteFile(path("sport.json"), []byte("sport\n443\n"), 0o600),
		os.WriteFile(path("half.csv"), []byte("spo"), 0o600),
		os.WriteFile(path("good.csv.gz"), []byte(good), 0o600),
		os.WriteFile(path("good.csv.zst"), []byte(good), 0o600),
		os.WriteFile(path("sport.csv.gz"), gzipped(t, "sport\n443\n"), 0o600),
		os.Mkdir(path("dir.csv"), 0o700), unix.Mkfifo(path("pipe.csv"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const emptyNow = "it was empty, and begins with something else now than a scan writes there: " + wayOut
	none := Tail{}
	tests := []struct {
		name string
		size int64
		tail Tail
		want string // %s is the path
	}{
		{"short.csv", 14, none, "resume output %s: it has 6 bytes, and had 14 before: " + wayOut},
		{"missing.csv", 14, none, "resume output %s: no such file or directory: " + wayOut},
		{"missing.csv", -1, none, "resume output %s: no such file or directory: " + wayOut},
		{"other.csv", 14, none, "resume output %s: no row ends at byte 14, where one ended before: " + wayOut},
		{"dir.csv", 14, none, "resume output %s: it was a file of 14 bytes, and is none any more: " + wayOut},
		{"pipe.csv", 14, none, "resume output %s: it was a file of 14 bytes, and is none any more: " + wayOut},
		{"short.csv", -1, none, "resume output %s: it is a file now, and was a pipe or a device: " + wayOut},
		{"long.csv", 14, tailOf([]byte("saddr\n1.2.3.4\n")), "resume output %s: it is another file, or was changed: its bytes " +
			"before byte 14 are not those that were there: " + wayOut},
		{"good.csv.gz", 2, Tail{3, 1}, "resume output %s: it is another file, or was changed: its bytes before byte 2 are not those " +
			"that were there: " + wayOut},
		{"sport.csv", 0, none, "resume output %s: " + emptyNow},
		{"sport.json", 0, none, "resume output %s: " + emptyNow},
		{"half.csv", 0, none, "resume output %s: " + emptyNow},
		{"good.csv.gz", 0, none, "resume output %s: " + emptyNow},
		{"good.csv.zst", 0, none, "resume output %s: " + emptyNow},
		{"sport.csv.gz", 0, none, "resume output %s: " + emptyNow},
		{"x.parquet", 14, none, "output file %s: parquet cannot be gone on with by a later process: write csv or json"},
	}
	for _, tt := range tests {
		files := []File{in(dir, "good.csv"), in(dir, tt.name)}
		marks := []Mark{{files[0].Path, 14, 1, Tail{}}, {files[1].Path, tt.size, 1, tt.tail}}
		_, _, err := ReopenGroup(files, cfg, marks)
		if want := fmt.Sprintf(tt.want, files[1].Path); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", tt.name, err, want)
		}
		if now, err := os.ReadFile(files[0].Path); string(now) != good {
			t.Errorf("%s: the other file has become %q, %v", tt.name, now, err)
		}
	}
	for _, marks := range [][]Mark{nil, {{Path: path("other.csv"), Size: 12}}} {
		if _, _, err := ReopenGroup([]File{in(dir, "good.csv")}, cfg, marks); err == nil {
			t.Errorf("ReopenGroup with marks %v: no error", marks)
		}
	}
	if _, err := os.Stat(path("missing.csv")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing.csv was made: %v", err)
	}
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	p, err := newPacker(Gzip)
	if err != nil {
		t.Fatal(err)
	}
	piece, err := p.pack(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return piece
}

func TestParquetIsNotResumable(t *testing.T) {
	files := []File{in(t.TempDir(), "x.csv"), in(t.TempDir(), "x.parquet")}
	if err := CheckResumable(files); !errors.Is(err, ErrNotResumable) {
		t.Errorf("CheckResumable: %v", err)
	}
	if err := CheckResumable(files[:1]); err != nil {
		t.Errorf("CheckResumable without: %v", err)
	}
	g, err := OpenGroup(files, Config{Fields: Fields()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Mark(); !errors.Is(err, ErrNotResumable) {
		t.Errorf("Mark: %v", err)
	}
	r := rst()
	if err := errors.Join(g.Write(&r), g.Close()); err != nil { // having asked does no harm
		t.Error(err)
	}
}

// TestReopenStream goes on with standard output and a pipe: no header, and nothing before it is looked at.
func TestReopenStream(t *testing.T) {
	dir := t.TempDir()
	shell := filepath.Join(dir, "shell.csv")
	redirect(t, shell)
	pipe := File{Path: filepath.Join(dir, "pipe")}
	if err := unix.Mkfifo(pipe.Path, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		data, _ := os.ReadFile(pipe.Path)
		read <- string(data)
	}()
	cfg := Config{Fields: mustParse(t, "saddr"), Header: true}
	g, cut, err := ReopenGroup([]File{FileFor("-"), pipe}, cfg, []Mark{{Path: "-", Size: -1, Rows: 7}, {Path: pipe.Path, Size: -1, Rows: 7}})
	if err != nil {
		t.Fatal(err)
	}
	r := rst()
	if err := g.Write(&r); err != nil {
		t.Fatal(err)
	}
	marks, err := g.Mark()
	if err := errors.Join(err, g.SyncFiles(), g.Close()); err != nil {
		t.Fatal(err)
	}
	if want := []Mark{{Path: "-", Size: -1, Rows: 8}, {Path: pipe.Path, Size: -1, Rows: 8}}; !slices.Equal(marks, want) || !slices.Equal(cut, []int64{0, 0}) {
		t.Errorf("marks %v, want %v; %d bytes cut off", marks, want, cut)
	}
	const row = "198.19.255.254\n"
	if got := <-read; got != row {
		t.Errorf("the pipe got %q, want %q", got, row)
	}
	if got, err := os.ReadFile(shell); string(got) != row {
		t.Errorf("standard output got %q, %v, want %q", got, err, row)
	}
}

// TestReopenAfterKill kills a writer, goes on with its files, kills nothing more, and wants what one writer would have
// written. What the killed process had got into a file is a prefix of that.
func TestReopenAfterKill(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		dir := t.TempDir()
		killWriter(t, exe, dir, time.Duration(round)*1713*time.Microsecond)
		for _, name := range lineNames() {
			f := in(dir, name)
			rows, _ := readRows(t, f.Path)
			g, _, err := ReopenGroup([]File{f}, Config{Fields: Fields(), Header: true, Location: time.UTC}, []Mark{{Path: f.Path}})
			if err != nil {
				t.Fatal(err)
			}
			lines := uint64(bytes.Count(rows, []byte("\n")))
			if f.Format == CSV {
				lines--
			}
			if f.Compression == Uncompressed && g.Rows() != lines || g.Rows() > lines {
				t.Errorf("round %d: %d rows of %s stay, want %d", round, g.Rows(), name, lines)
			}
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
			rows, broken := readRows(t, f.Path)
			if broken {
				t.Errorf("round %d: %s is broken after it was reopened", round, name)
			}
			checkRows(t, f.Path, rows)
		}
	}
}

// FuzzReopen puts any bytes behind a mark. What stays of them is a part from their beginning that is read without an
// error, ends with a row, and stays whole the next time.
func FuzzReopen(f *testing.F) {
	cfg := Config{Fields: mustParse(f, "saddr,scan_id"), Scan: ScanInfo{ID: "\"\n"}}
	for i, name := range resumableNames() {
		file := in(f.TempDir(), name)
		g, err := OpenGroup([]File{file}, cfg)
		if err != nil {
			f.Fatal(err)
		}
		writeVaried(f, g, 0, 4, 1, 3)
		if err := g.Close(); err != nil {
			f.Fatal(err)
		}
		whole, err := os.ReadFile(file.Path)
		if err != nil {
			f.Fatal(err)
		}
		for _, data := range [][]byte{nil, whole, whole[:len(whole)-1], append(whole, 0, 0), append([]byte{0}, whole...)} {
			f.Add(uint8(i), data)
		}
	}
	f.Add(uint8(5), []byte{0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2}) // a frame to skip
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		names := resumableNames()
		file := in(dir, names[int(kind)%len(names)])
		mark := Mark{Path: file.Path}
		if err := os.WriteFile(file.Path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		g, cut, err := ReopenGroup([]File{file}, cfg, []Mark{mark})
		if err != nil {
			if now, failed := os.ReadFile(file.Path); !strings.Contains(err.Error(), wayOut) || !bytes.Equal(now, data) {
				t.Fatalf("%v; the file has %q, %v", err, now, failed)
			}
			return
		}
		rows := g.Rows()
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(file.Path)
		if err != nil || int64(len(kept))+cut[0] != int64(len(data)) || !bytes.HasPrefix(data, kept) {
			t.Fatalf("%d bytes of %d stay, %d are cut off: %v", len(kept), len(data), cut, err)
		}
		if len(kept) > 0 {
			text, broken := readRows(t, file.Path)
			if n, end := wholeRows(text, file.Format); broken || uint64(n) != rows || end != len(text) {
				t.Fatalf("%q stays, broken: %v, with %d rows, not %d", text, broken, n, rows)
			}
		}
		g, cut, err = ReopenGroup([]File{file}, cfg, []Mark{mark})
		if err != nil || cut[0] != 0 || g.Rows() != rows {
			t.Fatalf("the next time, %d bytes are cut off: %v", cut, err)
		}
		g.abandon()
	})
}
