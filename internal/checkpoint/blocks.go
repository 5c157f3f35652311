package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// version changes when older programs could not read what newer ones write. What they may do without, such as Output.Tail,
// they pass over, and newer ones take a file without it for one that does not tell.
const version = 1

const (
	magic      = "xsweep\x00\x1a" // no text, and not to be printed beyond the name
	headerSize = len(magic) + 4 + 4
	blockHead  = 4 + 4 + 4 // tag, length, checksum
)

// castagnoli is the table of CRC-32C, made once.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// ErrForeign says that a file is no checkpoint.
var ErrForeign = errors.New("it is not a checkpoint of xsweep")

// A VersionError says that a checkpoint is of another version of the format.
type VersionError struct{ Version uint32 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("it is a checkpoint of version %d, and this xsweep knows version %d: use the xsweep that wrote it",
		e.Version, version)
}

// A DamageError says where a checkpoint is not what was written.
type DamageError struct {
	Offset int // of the first byte that is wrong, or of the block that it is in
	What   string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("damaged at byte %d: %s", e.Offset, e.What)
}

func damaged(offset int, format string, args ...any) error {
	return &DamageError{offset, fmt.Sprintf(format, args...)}
}

// blocks are those of a file, in order.
func (f *File) blocks(info *[]byte) []block {
	return []block{
		{"info", info}, {"work", &f.Work}, {"cnts", &f.Counters}, {"blck", (*[]byte)(&f.Blocked)},
		{"wntd", (*[]byte)(&f.Wanted)}, {"optd", (*[]byte)(&f.OptedOut)}, {"end.", new([]byte)},
	}
}

type block struct {
	tag     string
	payload *[]byte
}

func (f *File) encode() ([]byte, error) {
	info, err := f.info()
	if err != nil {
		return nil, err
	}
	data := binary.LittleEndian.AppendUint32([]byte(magic), version)
	data = binary.LittleEndian.AppendUint32(data, crc32.Checksum(data, castagnoli()))
	for _, b := range f.blocks(&info) {
		data = appendBlock(data, b.tag, *b.payload)
	}
	return data, nil
}

func appendBlock(data []byte, tag string, payload []byte) []byte {
	data = append(data, tag...)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(payload)))
	data = binary.LittleEndian.AppendUint32(data, sumOf(data[len(data)-8:], payload))
	return append(data, payload...)
}

// sumOf is the checksum of a block: of its tag and length, and of what it holds.
func sumOf(head, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(head, castagnoli()), castagnoli(), payload)
}

// Decode reads the contents of a file. The error is ErrForeign, a *VersionError or a *DamageError. The parts of the
// result are parts of data.
func Decode(data []byte) (*File, error) {
	if err := checkHeader(data); err != nil {
		return nil, err
	}
	var f File
	var info []byte
	at := headerSize
	for _, b := range f.blocks(&info) {
		next, err := readBlock(data, at, b)
		if err != nil {
			return nil, err
		}
		at = next
	}
	if at != len(data) {
		return nil, damaged(at, "%d bytes follow the end", len(data)-at)
	}
	if err := json.Unmarshal(info, &f.Info); err != nil {
		return nil, damaged(headerSize, "block \"info\": %v", err)
	}
	for _, s := range []Set{f.Blocked, f.Wanted, f.OptedOut} {
		if err := s.check(); err != nil {
			return nil, damaged(headerSize, "a set of addresses: %v", err)
		}
	}
	return &f, nil
}

func checkHeader(data []byte) error {
	n := min(len(data), len(magic))
	if string(data[:n]) != magic[:n] || n == 0 {
		return ErrForeign
	}
	if len(data) < headerSize {
		return damaged(len(data), "it ends there")
	}
	if binary.LittleEndian.Uint32(data[headerSize-4:]) != crc32.Checksum(data[:headerSize-4], castagnoli()) {
		return damaged(len(magic), "the header does not match its checksum")
	}
	if v := binary.LittleEndian.Uint32(data[len(magic):]); v != version {
		return &VersionError{v}
	}
	return nil
}

// readBlock reads the block at an offset, and returns that of the next one.
func readBlock(data []byte, at int, b block) (next int, err error) {
	rest := data[at:]
	if len(rest) < blockHead {
		return 0, damaged(len(data), "it ends there, before block %q", b.tag)
	}
	length := binary.LittleEndian.Uint32(rest[4:])
	switch {
	case string(rest[:4]) != b.tag:
		return 0, damaged(at, "block %q where %q belongs", rest[:4], b.tag)
	case uint64(length) > uint64(len(rest)-blockHead):
		return 0, damaged(len(data), "it ends there, within block %q, which begins at byte %d and has %d bytes", b.tag, at, length)
	}
	end := blockHead + int(length)
	payload := rest[blockHead:end:end]
	if binary.LittleEndian.Uint32(rest[8:]) != sumOf(rest[:8], payload) {
		return 0, damaged(at, "block %q, until byte %d, does not match its checksum", b.tag, at+end)
	}
	*b.payload = payload
	return at + end, nil
}
