package output

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is how the lines of a file are compressed.
type Compression uint8

// The compressions. The zero Compression is none.
const (
	Uncompressed Compression = iota
	Gzip                     // RFC 1952, what gunzip and zcat read
	Zstd                     // RFC 8878, what unzstd and zstdcat read
)

// String returns none, gzip or zstd.
func (c Compression) String() string {
	switch c {
	case Uncompressed:
		return "none"
	case Gzip:
		return "gzip"
	case Zstd:
		return "zstd"
	}
	return fmt.Sprintf("compression %d", uint8(c))
}

// packer compresses one block at a time, each into a piece that can be read without those before it.
type packer interface {
	// pack appends the piece that src becomes.
	pack(dst, src []byte) ([]byte, error)
}

// newPacker makes the packer for gzip or zstd. Both are set for speed, since it costs little here: the default level of
// gzip makes rows 8 % smaller in four times the time, that of zstd makes them no smaller.
func newPacker(c Compression) (packer, error) {
	switch c {
	case Gzip:
		w, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
		return &gzipPacker{w}, err
	case Zstd:
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithLowerEncoderMem(true))
		return zstdPacker{enc}, err
	}
	return nil, fmt.Errorf("no such %v", c)
}

// gzipPacker makes members: a file of several, one behind the other, reads as one (RFC 1952 section 2.2).
type gzipPacker struct{ w *gzip.Writer }

func (g *gzipPacker) pack(dst, src []byte) ([]byte, error) {
	out := appender(dst)
	g.w.Reset(&out)
	if _, err := g.w.Write(src); err != nil {
		return dst, err
	}
	err := g.w.Close()
	return out, err
}

// appender is a slice as an io.Writer.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}

// zstdPacker makes frames: a file of several reads as one, too (RFC 8878 section 3.1).
type zstdPacker struct{ enc *zstd.Encoder }

func (z zstdPacker) pack(dst, src []byte) ([]byte, error) { return z.enc.EncodeAll(src, dst), nil }
