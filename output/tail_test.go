package output

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestMarkTellsFilesApart: of a file, compressed or not, that had its last bytes before the mark changed, nobody goes on
// with it; from a mark that says nothing of them, somebody does.
func TestMarkTellsFilesApart(t *testing.T) {
	for _, name := range resumableNames() {
		f := in(t.TempDir(), name)
		cfg := resumeConfig(t)
		g, err := OpenGroup([]File{f}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		mark := writeVaried(t, g, 0, 400, 399)[0]
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		if want := tailOf(whole); mark.Tail != want || want.Bytes != min(tailSize, mark.Size) {
			t.Fatalf("%s: the mark has %+v, want %+v", name, mark.Tail, want)
		}
		reopen := func(m Mark) error {
			g, _, err := ReopenGroup([]File{f}, cfg, []Mark{m})
			if err == nil {
				err = g.Close()
			}
			return err
		}
		if err := reopen(mark); err != nil {
			t.Error(err)
		}
		for _, at := range []int64{mark.Size - mark.Tail.Bytes, mark.Size - 2} {
			changed := append([]byte{}, whole...)
			changed[at] ^= 1
			if err := os.WriteFile(f.Path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := reopen(mark); err == nil {
				t.Errorf("%s: changed at byte %d of %d, and nobody says so", name, at, mark.Size)
			}
			if err := reopen(Mark{Path: mark.Path, Size: mark.Size, Rows: mark.Rows}); err != nil {
				t.Errorf("%s: a mark without a tail: %v", name, err)
			}
		}
	}
}

// TestTailIsThatOfTheFile after writes of all sizes, those among them that were taken back, and reopening.
func TestTailIsThatOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	s, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	check := func(when string) {
		t.Helper()
		whole, err := os.ReadFile(path)
		if got, want := tailOf(s.end), tailOf(whole); err != nil || got != want {
			t.Fatalf("%s: %+v of %d bytes, want %+v, %v", when, got, len(whole), want, err)
		}
	}
	for range 200 {
		p := make([]byte, r.IntN(r.IntN(3*tailSize)+1))
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		if _, err := s.Write(p); err != nil {
			t.Fatal(err)
		}
		check("after a write")
		part := make([]byte, r.IntN(2*tailSize)) // that the disk had room for
		if _, err := s.f.Write(part); err != nil {
			t.Fatal(err)
		}
		s.end.add(part, true)
		if err := s.Unwrite(len(part)); err != nil {
			t.Fatal(err)
		}
		check("after a part was taken back")
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	reopened := &Sink{f: f, regular: true}
	if _, err := reopened.cutTo(tailSize + 7); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopened
	check("reopened")
	if _, err := s.Write([]byte("more\n")); err != nil {
		t.Fatal(err)
	}
	check("reopened, after a write")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestTailOfAFullDisk: what was written of rows that did not fit, and was taken back, is not in the mark.
func TestTailOfAFullDisk(t *testing.T) {
	for _, name := range resumableNames() {
		f := in(labtest.SmallDisk(t, 128<<10), name)
		g, err := OpenGroup([]File{f}, Config{Fields: Fields()})
		if err != nil {
			t.Fatal(err)
		}
		r := synackAllOptions()
		for n := uint64(0); err == nil; n++ {
			vary(&r, n)
			err = g.Write(&r)
		}
		if !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(f.Path)
		if got := tailOf(g.files[0].sink.end); err != nil || got != tailOf(whole) {
			t.Errorf("%s: the tail is %+v, that of the file %+v, %v", name, got, tailOf(whole), err)
		}
		_ = g.Close() // there is no room
	}
}
