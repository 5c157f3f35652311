package output

// pieces compresses lines on their way to a Sink. Each Write becomes one piece, a gzip member or a zstd frame, and goes
// out in one write; a piece that does not fit the disk is taken back. So the file is whole at any moment, and what can
// be read of it ends with a line, because each Write of a Writer does. If the machine or the process dies in the middle
// of a write, the last piece is cut: gunzip and unzstd then report an unexpected end behind the rows of those before.
type pieces struct {
	sink *Sink
	packer
	buf []byte
}

// Write takes p whole or, if there is an error, not at all.
func (z *pieces) Write(p []byte) (int, error) {
	var err error
	if z.buf, err = z.pack(z.buf[:0], p); err != nil {
		return 0, err
	}
	if err := z.sink.writeWhole(z.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}
