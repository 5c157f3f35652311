package checkpoint

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func openJournal(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := OpenJournal(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// TestJournal goes on behind a mark: what was appended after it is gone, what was before comes back.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	j := openJournal(t, path)
	if err := j.Begin(); err != nil {
		t.Fatal(err)
	}
	const before, after = 20_000, 9_000 // several buffers
	var want []uint64
	for i := range uint64(before) {
		j.Append(i * i)
		want = append(want, i*i)
	}
	mark, err := j.Flush()
	if err != nil || mark.Size != (1+before)*keySize {
		t.Fatalf("mark %+v, %v", mark, err)
	}
	for i := range uint64(after) {
		j.Append(i)
	}
	if _, err := j.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Sync(), j.Close()); err != nil {
		t.Fatal(err)
	}

	j = openJournal(t, path)
	if err := j.Restore(mark); err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(j.Keys(math.MaxInt64)); !slices.Equal(got, want) {
		t.Errorf("%d numbers come back, want %d", len(got), len(want))
	}
	if got := slices.Collect(j.Keys(5)); !slices.Equal(got, want[before-5:]) {
		t.Errorf("the last five are %v, want %v", got, want[before-5:])
	}
	j.Append(77)
	mark, err = j.Flush()
	if err != nil || mark.Size != (1+before+1)*keySize {
		t.Fatalf("mark %+v, %v", mark, err)
	}
	if err := j.Restore(mark); err != nil {
		t.Errorf("what was appended to a restored journal: %v", err)
	}
	if got := slices.Collect(j.Keys(1)); !slices.Equal(got, []uint64{77}) {
		t.Errorf("the last one is %v, want 77", got)
	}
}

// TestJournalRefuses what is not what it was, and leaves it as it is.
func TestJournalRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	j := openJournal(t, path)
	for i := range uint64(10) {
		j.Append(i)
	}
	mark, err := j.Flush()
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]Mark{
		"shorter than its mark": {mark.Size + keySize, mark.Sum},
		"changed":               {mark.Size, mark.Sum + 1},
		"half a number":         {mark.Size - 3, mark.Sum},
		"less than nothing":     {-8, 0},
	} {
		if err := j.Restore(m); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if info, err := os.Stat(path + Suffix); err != nil || info.Size() != mark.Size || info.Mode() != 0o600 {
		t.Errorf("the file has %d bytes, mode %v, %v", info.Size(), info.Mode(), err)
	}
}

// TestJournalIsOurs: what is of somebody else is an error, and stays; what a crash may leave of ours is none.
func TestJournalIsOurs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	for text, isOurs := range map[string]bool{
		"": true, journalMagic: true, journalMagic[:5]: true, "\x00\x00\x00\x00\x00\x00\x00\x00": true, journalMagic + "12345678": true,
		"notes": false, "saddr\n198.18.0.1\n": false, "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00": false,
	} {
		if err := os.WriteFile(path+Suffix, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		j := openJournal(t, path)
		err := j.Check(Mark{})
		if isOurs != (err == nil) || err != nil && !strings.Contains(err.Error(), path+Suffix+" is there, and is not xsweep's memory") {
			t.Errorf("%q: %v", text, err)
		}
		if want := isOurs && len(text) <= len(journalMagic); j.IsEmpty() != want {
			t.Errorf("%q: empty: %v, want %v", text, !want, want)
		}
		if got, err := os.ReadFile(path + Suffix); err != nil || string(got) != text {
			t.Errorf("%q has become %q, %v", text, got, err)
		}
		j.Close()
	}
}

// TestJournalWithoutMagic goes on with one of a version that knew none, and not with one that was changed.
func TestJournalWithoutMagic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	j := openJournal(t, path)
	for i := range uint64(10) {
		j.Append(i)
	}
	mark, err := j.Flush()
	if err != nil || mark.Size != 10*keySize {
		t.Fatal(mark, err)
	}
	j.Close()
	j = openJournal(t, path)
	if err := errors.Join(j.Check(mark), j.Restore(mark)); err != nil {
		t.Fatal(err)
	}
	j.Append(10)
	if mark, err = j.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(j.Keys(math.MaxInt64)); len(got) != 11 || got[0] != 0 || got[10] != 10 {
		t.Errorf("the numbers are %v", got)
	}
	if err := j.Check(Mark{mark.Size, mark.Sum + 1}); err == nil {
		t.Error("one that was changed: no error")
	}
}

// TestJournalWithoutANumber: a mark of before the first one is restored whether the file was kept or not.
func TestJournalWithoutANumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	j := openJournal(t, path)
	if err := j.Begin(); err != nil {
		t.Fatal(err)
	}
	mark, err := j.Flush()
	if err != nil || !j.IsEmpty() {
		t.Fatalf("empty: %v, %v", j.IsEmpty(), err)
	}
	for _, end := range []func(*Journal) error{(*Journal).Close, (*Journal).Remove} {
		if err := end(j); err != nil {
			t.Fatal(err)
		}
		j = openJournal(t, path)
		if err := errors.Join(j.Check(mark), j.Restore(mark)); err != nil {
			t.Fatal(err)
		}
		if got := slices.Collect(j.Keys(math.MaxInt64)); len(got) != 0 {
			t.Errorf("the numbers are %v", got)
		}
		j.Append(7)
		if _, err := j.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := slices.Collect(j.Keys(math.MaxInt64)); !slices.Equal(got, []uint64{7}) {
			t.Errorf("the numbers are %v", got)
		}
	}
}

// TestJournalIsForOne: a second owner is refused until the first one is gone, or has removed it.
func TestJournalIsForOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	for _, end := range []func(*Journal) error{(*Journal).Close, (*Journal).Remove} {
		j := openJournal(t, path)
		if _, err := OpenJournal(path, 0); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path+Suffix) {
			t.Errorf("a second owner: error %v", err)
		}
		if err := end(j); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path + Suffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is there after it was removed: %v", err)
	}
	openJournal(t, path)
}

// TestJournalForgetsOnAFullDisk: the memory that waits for room is bounded, and marks are those of what is there.
func TestJournalForgetsOnAFullDisk(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	j := &Journal{f: f}
	for i := range uint64(3 * journalLimit / keySize) {
		j.Append(i)
		if len(j.buf) > journalLimit {
			t.Fatalf("%d bytes wait", len(j.buf))
		}
	}
	if mark, err := j.Flush(); len(j.buf) > 0 && (err == nil || mark.Size != 0) {
		t.Errorf("mark %+v, error %v", mark, err)
	}
}

// TestJournalSyncFailsForGood: the system forgets an error of fsync, the journal does not.
func TestJournalSyncFailsForGood(t *testing.T) {
	j := openJournal(t, filepath.Join(t.TempDir(), "scan.ckpt"))
	good := j.f
	reader, writer, err := os.Pipe() // that cannot be synced
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	j.f = writer
	failed := j.Sync()
	j.f = good
	if err := j.Sync(); err == nil || !errors.Is(err, failed) {
		t.Errorf("errors %v, and then %v", failed, err)
	}
}

// TestJournalWaits for a process that is about to end, and makes the journal anew if that one has removed it.
func TestJournalWaits(t *testing.T) {
	for name, end := range map[string]func(*Journal) error{"closed": (*Journal).Close, "removed": (*Journal).Remove} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "scan.ckpt")
			first, err := OpenJournal(path, 0)
			if err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(50*time.Millisecond, func() { _ = end(first) })
			second, err := OpenJournal(path, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			if _, err := OpenJournal(path, 0); !errors.Is(err, ErrLocked) {
				t.Errorf("a third one: %v, want %v", err, ErrLocked)
			}
		})
	}
}
