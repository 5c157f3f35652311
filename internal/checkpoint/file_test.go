package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// example is a checkpoint with something in every part.
func example(t testing.TB) *File {
	t.Helper()
	blocked, err := Pack(ranges([2]uint32{10, 20}, [2]uint32{30, 30}, [2]uint32{1 << 31, 1<<32 - 1}))
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := Pack(ranges([2]uint32{0, 0}))
	if err != nil {
		t.Fatal(err)
	}
	return &File{
		Info: Info{
			Program: "xsweep test", Written: time.Unix(1_700_000_000, 5).UTC(), ScanID: "0123456789abcdef", Seed: 1<<64 - 1,
			Key: [2]uint64{1 << 63, 7}, Shard: 1, Shards: 3, Directory: "/somewhere", Options: []Option{{"rate", "10k"}, {"notes", "a\nb"}},
			Arguments: []string{"198.18.0.0/15"}, Targets: Digest{131072, "aa"}, Outputs: []Output{{"x.csv", 77, 3, Tail{77, 5}}, {"-", -1, 3, Tail{}}},
			Seen: Mark{16, 0xdeadbeef},
		},
		Work: []byte{1, 2, 3}, Counters: []byte(`{"Probes":5}`), Blocked: blocked, Wanted: wanted,
	}
}

func ranges(list ...[2]uint32) func(func(uint32, uint32) bool) {
	return func(yield func(uint32, uint32) bool) {
		for _, r := range list {
			if !yield(r[0], r[1]) {
				return
			}
		}
	}
}

func encode(t testing.TB, f *File) []byte {
	t.Helper()
	data, err := f.encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestSaveAndLoad: what is saved comes back, in the place of what was there, for the owner alone, with nothing left over.
func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "scan.ckpt")
	want := example(t)
	left := [][]byte{nil, make([]byte, 4096), []byte(magic[:3]), encode(t, want)[:100]} // by a crash
	for i, complete := range []bool{false, false, false, true} {
		want.Complete = complete
		if err := errors.Join(os.WriteFile(path+".partial", left[i], 0o666), os.Chmod(path+".partial", 0o666)); err != nil {
			t.Fatal(err)
		}
		if err := Save(path, want); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		got.OptedOut = nil // empty and nil are the same
		if !reflect.DeepEqual(got, want) {
			t.Errorf("loaded\n%+v, want\n%+v", got, want)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v are there", left)
	}
}

// TestSaveKeepsTheOldOne: where the new one cannot be written, the old one is whole.
func TestSaveKeepsTheOldOne(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "scan.ckpt")
	if err := Save(path, example(t)); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(dir, "target")
	for what, put := range map[string]func(path string) error{
		"a symbolic link":         func(path string) error { return os.Symlink(target, path) },
		"a directory":             func(path string) error { return os.Mkdir(path, 0o700) },
		"no regular file":         func(path string) error { return unix.Mkfifo(path, 0o600) },
		"no part of a checkpoint": func(path string) error { return os.WriteFile(path, []byte("saddr\n198.18.0.1\n"), 0o600) },
	} {
		if err := put(path + ".partial"); err != nil {
			t.Fatal(err)
		}
		want := path + ".partial is " + what + ", and a checkpoint is written there before it takes its name: remove it, or name another file"
		for _, err := range []error{CheckPartial(path), Save(path, example(t))} {
			if err == nil || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
		}
		if _, err := os.Lstat(target); err == nil {
			t.Error("the link was followed")
		}
		if err := os.Remove(path + ".partial"); err != nil {
			t.Error(err)
		}
		if _, err := Load(path); err != nil {
			t.Error(err)
		}
	}
	if err := Save(filepath.Join(dir, "no", "x"), example(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want ErrNotExist", err)
	}
}

// TestSaveMakesAFileAnew: who has the file of the last attempt open, or by another name, does not get to this one.
func TestSaveMakesAFileAnew(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "scan.ckpt"), filepath.Join(dir, "other")
	if err := errors.Join(os.WriteFile(path+Partial, []byte(magic), 0o666), os.Link(path+Partial, other)); err != nil {
		t.Fatal(err)
	}
	if err := Save(path, example(t)); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(other); err != nil || string(data) != magic {
		t.Errorf("the other name has %d bytes, %v", len(data), err)
	}
}

// TestPlace: a link stands for what it leads to, one that leads to nothing for itself.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Mkdir(at("sub"), 0o700), os.WriteFile(at("sub/file"), nil, 0o600), os.Symlink("sub/file", at("link")),
		os.Symlink("link", at("link2")), os.Symlink("none", at("broken")), os.Symlink("loop", at("loop"))); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"sub/file": "sub/file", "link": "sub/file", "link2": "sub/file", "none": "none",
		"broken": "broken"} {
		if got, err := Place(at(from)); err != nil || got != at(want) {
			t.Errorf("%s: %s, %v, want %s", from, got, err, at(want))
		}
	}
	if _, err := Place(at("loop")); err == nil {
		t.Error("a link that leads to itself: no error")
	}
}

// TestEachByteFlipped: there is no bit of a file that could be another one unnoticed, and where it broke is told: the
// block of that byte.
func TestEachByteFlipped(t *testing.T) {
	data := encode(t, example(t))
	starts := blockStarts(data)
	for i := range data {
		for bit := range 8 {
			broken := bytes.Clone(data)
			broken[i] ^= 1 << bit
			_, err := Decode(broken)
			damage, isDamage := errors.AsType[*DamageError](err)
			switch {
			case i < len(magic) && errors.Is(err, ErrForeign):
			case err == nil || !isDamage:
				t.Fatalf("byte %d, bit %d: error %v", i, bit, err)
			case i >= headerSize && damage.Offset != blockOf(starts, i) && damage.Offset != len(data):
				t.Fatalf("byte %d, bit %d: %v; its block begins at %d", i, bit, err, blockOf(starts, i))
			}
		}
	}
}

// blockStarts are the offsets of the blocks of a whole file.
func blockStarts(data []byte) (starts []int) {
	for at := headerSize; at < len(data); at += blockHead + int(binary.LittleEndian.Uint32(data[at+4:])) {
		starts = append(starts, at)
	}
	return starts
}

func blockOf(starts []int, at int) (start int) {
	for _, s := range starts {
		if s <= at {
			start = s
		}
	}
	return start
}

// TestEachTruncation: a file that was cut off is refused, with the byte where it ends.
func TestEachTruncation(t *testing.T) {
	data := encode(t, example(t))
	for n := range data {
		_, err := Decode(data[:n:n])
		damage, isDamage := errors.AsType[*DamageError](err)
		if n == 0 && errors.Is(err, ErrForeign) {
			continue
		}
		if !isDamage || damage.Offset != n {
			t.Fatalf("the first %d bytes: error %v", n, err)
		}
	}
	if _, err := Decode(append(data, 0)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("byte %d", len(data))) {
		t.Errorf("one more byte: error %v", err)
	}
}

// TestLoadRefuses what is none, or of a version to come.
func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	write := func(data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write([]byte("saddr\n198.18.0.1\n"))
	if _, err := Load(path); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), path) {
		t.Errorf("a list of addresses: error %v", err)
	}
	data := encode(t, example(t))
	binary.LittleEndian.PutUint32(data[len(magic):], version+41)
	binary.LittleEndian.PutUint32(data[len(magic)+4:], crc32.Checksum(data[:len(magic)+4], castagnoli()))
	write(data)
	_, err := Load(path)
	if v, ok := errors.AsType[*VersionError](err); !ok || v.Version != version+41 || !strings.Contains(err.Error(), "version 42") {
		t.Errorf("a newer version: error %v", err)
	}
	if _, err := Load(dir); err == nil || errors.Is(err, ErrForeign) {
		t.Errorf("a directory: error %v", err)
	}
	if _, err := Load(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: error %v", err)
	}
	if _, err := Load("/dev/zero"); !errors.Is(err, ErrForeign) {
		t.Errorf("a device: error %v", err)
	}
}

// FuzzLoad: any bytes are refused or mean what they say. Checksums are made right, so that what is behind them is met.
func FuzzLoad(f *testing.F) {
	whole := encode(f, example(f))
	f.Add(whole, false)
	f.Add(whole, true)
	f.Add(whole[:len(whole)-9], true)
	f.Add(encode(f, new(File)), true)
	huge := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(huge[headerSize+4:], 1<<32-1)
	f.Add(huge, true)
	f.Fuzz(func(t *testing.T, data []byte, mend bool) {
		if mend {
			data = mended(data)
		}
		file, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Decode(encode(t, file))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if !reflect.DeepEqual(again.Info, file.Info) || !bytes.Equal(again.Work, file.Work) {
			t.Errorf("read\n%+v, and then\n%+v", file, again)
		}
	})
}

// mended is data with right checksums, as far as there are blocks.
func mended(data []byte) []byte {
	data = bytes.Clone(data)
	if len(data) < headerSize {
		return data
	}
	binary.LittleEndian.PutUint32(data[headerSize-4:], crc32.Checksum(data[:headerSize-4], castagnoli()))
	for at := headerSize; len(data)-at >= blockHead; {
		length := uint64(binary.LittleEndian.Uint32(data[at+4:]))
		if length > uint64(len(data)-at-blockHead) {
			break
		}
		end := at + blockHead + int(length)
		binary.LittleEndian.PutUint32(data[at+8:], sumOf(data[at:at+8], data[at+blockHead:end]))
		at = end
	}
	return data
}
