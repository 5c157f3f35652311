package output

import "time"

// lineFile is a file of CSV or JSON lines in a Group, compressed or not.
type lineFile struct {
	*Writer
	sink    *Sink
	every   time.Duration // the shortest time between two Flushes that flush; 0 for none
	flushed time.Time
}

// Small pieces compress badly, so a compressed file is written a large piece at a time. JSON rows with all fields take
// 45 bytes in gzip and 41 in zstd if they are one piece; 46 and 39 in pieces of 256 KiB, 47 and 40 of 64 KiB, 81 and 75
// of 4 KiB.
const (
	pieceSize  = 256 << 10       // bytes of lines
	pieceEvery = 5 * time.Second // how long a row waits for the piece to fill, give or take one call of Flush
)

func newLineFile(sink *Sink, f File, cfg Config) (*lineFile, error) {
	cfg.Format = f.Format
	if f.Compression == Uncompressed {
		w, err := NewWriter(sink, cfg)
		return &lineFile{Writer: w, sink: sink}, err
	}
	packer, err := newPacker(f.Compression)
	if err != nil {
		return nil, err
	}
	w, err := newWriter(&pieces{sink: sink, packer: packer}, cfg, pieceSize)
	return &lineFile{Writer: w, sink: sink, every: pieceEvery, flushed: time.Now()}, err
}

// Flush writes what is in the buffer. Compressed, it waits for pieceEvery to pass since the last time.
func (f *lineFile) Flush() error {
	if f.every > 0 && f.err == nil && !f.full && time.Since(f.flushed) < f.every {
		return nil
	}
	err := f.Writer.Flush()
	f.flushed = time.Now()
	return err
}

// Sync returns when every row accepted is on disk.
func (f *lineFile) Sync() error {
	if err := f.Writer.Flush(); err != nil {
		return err
	}
	return f.sink.Sync()
}

// Close closes the file as well. The first error counts: what closing says of a file that a row did not go into adds
// nothing.
func (f *lineFile) Close() error {
	err := f.Writer.Close()
	if failed := f.sink.Close(); err == nil {
		err = failed
	}
	return err
}
