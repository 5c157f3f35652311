package checkpoint

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// File is a checkpoint.
type File struct {
	Info
	Work     []byte // how far the job is
	Counters []byte
	Blocked  Set // addresses that were left out from the beginning
	Wanted   Set // addresses that were asked for; empty where there are too many ranges of them
	OptedOut Set // addresses that were left out on the way
}

// Info is what there is to say in text. It is kept as JSON.
type Info struct {
	Program  string    `json:"program"` // that wrote it, and its version
	Written  time.Time `json:"written"`
	Complete bool      `json:"complete"` // the job is done: there is nothing to go on with

	ScanID string    `json:"scan_id"`
	Seed   uint64    `json:"seed"`
	Key    [2]uint64 `json:"key"`
	Shard  uint32    `json:"shard"`
	Shards uint32    `json:"shards"`

	Directory string   `json:"directory"` // that relative names begin at
	Options   []Option `json:"options"`   // that were given, by whatever way, in the order of the help
	Arguments []string `json:"arguments"`

	Targets Digest `json:"targets"` // what was asked for, before anything was left out
	Ports   Digest `json:"ports"`
	Blocks  Digest `json:"blocklist"`

	Outputs []Output `json:"outputs"`
	Seen    Mark     `json:"seen"` // of the journal
}

// Option is a name and a value; an option with several values is there several times.
type Option struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Digest tells whether two sets are the same.
type Digest struct {
	Count uint64 `json:"count"`
	Hash  string `json:"hash"`
}

// Output is how far an output file was written.
type Output struct {
	Path string `json:"path"`
	Size int64  `json:"size"` // -1 for what is no regular file
	Rows uint64 `json:"rows"`
	Tail Tail   `json:"tail,omitzero"`
}

// Tail is the last bytes before a Size. A checkpoint of a version that noted none has a zero Tail.
type Tail struct {
	Bytes int64  `json:"bytes"`
	Sum   uint32 `json:"sum"` // CRC-32C of them
}

// Mark is how far a journal was written.
type Mark struct {
	Size int64  `json:"size"` // bytes
	Sum  uint32 `json:"sum"`  // CRC-32C of them
}

// maxFile is more than any checkpoint takes: a blocklist of ten million ranges is 40 MB.
const maxFile = 1 << 30

// Load reads the checkpoint at path. The error names the file; it is fs.ErrNotExist where there is none, or ErrForeign,
// a *VersionError or a *DamageError for one that is none or cannot be used.
func Load(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, &fs.PathError{Op: "read", Path: path, Err: unix.EISDIR}
	case !info.Mode().IsRegular(), info.Size() > maxFile:
		return nil, fmt.Errorf("%s: %w", path, ErrForeign)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// info makes text of f.Info.
func (f *File) info() ([]byte, error) { return json.Marshal(&f.Info) }
