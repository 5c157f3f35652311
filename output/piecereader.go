package output

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A pieceReader reads what a packer has made, a piece at a time.
type pieceReader interface {
	// next decompresses the piece that begins at from into to, and returns where it ends. The error says that it is not
	// whole before size, or not what was written, or that to does not want it.
	next(file io.ReaderAt, from, size int64, to io.Writer) (end int64, err error)
	close()
}

func newPieceReader(c Compression) (pieceReader, error) {
	switch c {
	case Gzip:
		return new(memberReader), nil
	case Zstd:
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(maxFrameWindow))
		return &frameReader{dec}, err
	}
	return nil, fmt.Errorf("no such %v", c)
}

// memberReader reads members of gzip. Where one ends is known only when it has been decompressed.
type memberReader struct{ z gzip.Reader }

func (m *memberReader) next(file io.ReaderAt, from, size int64, to io.Writer) (int64, error) {
	section := io.NewSectionReader(file, from, size-from)
	in := bufio.NewReader(section) // of which gzip takes no byte more than it needs
	if err := m.z.Reset(in); err != nil {
		return from, err
	}
	m.z.Multistream(false)
	if _, err := io.Copy(to, &m.z); err != nil {
		return from, err
	}
	taken, err := section.Seek(0, io.SeekCurrent)
	return from + taken - int64(in.Buffered()), err
}

func (m *memberReader) close() {}

// frameReader reads frames of zstd.
type frameReader struct{ dec *zstd.Decoder }

// maxFrameWindow bounds the memory that a damaged frame can ask for. Ours need less than two pieces.
const maxFrameWindow = 8 << 20

func (r *frameReader) next(file io.ReaderAt, from, size int64, to io.Writer) (int64, error) {
	end, err := frameEnd(file, from, size)
	if err != nil {
		return from, err
	}
	if err := r.dec.Reset(io.NewSectionReader(file, from, end-from)); err != nil {
		return from, err
	}
	if _, err := io.Copy(to, r.dec); err != nil {
		return from, err
	}
	return end, nil
}

func (r *frameReader) close() { r.dec.Close() }

var errFrame = errors.New("not a whole frame of zstd")

// frameEnd goes from block to block, each of which says how long it is (RFC 8878 section 3.1.1), to the end of the frame
// that begins at from.
func frameEnd(file io.ReaderAt, from, size int64) (int64, error) {
	const blockHeader, checksum = 3, 4
	head := make([]byte, min(zstd.HeaderMaxSize, size-from))
	if _, err := file.ReadAt(head, from); err != nil && !errors.Is(err, io.EOF) {
		return from, err
	}
	var frame zstd.Header
	if err := frame.Decode(head); err != nil || frame.Skippable {
		return from, errFrame // a packer makes no frames to skip
	}
	at := from + int64(frame.HeaderSize)
	for last := false; !last; {
		b := make([]byte, blockHeader)
		if at+blockHeader > size {
			return from, errFrame
		}
		if _, err := file.ReadAt(b, at); err != nil {
			return from, err
		}
		length := int64(b[0]>>3) | int64(b[1])<<5 | int64(b[2])<<13
		if kind := b[0] >> 1 & 3; kind == 1 {
			length = 1 // a byte to be repeated, and length says how often
		}
		last = b[0]&1 != 0
		at += blockHeader + length
	}
	if frame.HasCheckSum {
		at += checksum
	}
	if at > size {
		return from, errFrame
	}
	return at, nil
}
