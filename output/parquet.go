package output

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// A Parquet file is written a row group at a time, and a row group is in memory until it is written, as compressed pages
// and one page a column that is not. With these sizes, that is less than 16 MB for all fields; larger pages take
// several times as much and save 2 % of the file.
const (
	rowGroupRows = 128 << 10 // what readers that take a row group at a time are made for
	pageSize     = 64 << 10  // bytes of values
	batchRows    = 128       // rows that wait to be handed over, column by column
)

// parquetFile is a Parquet file in a Group: a typed column for each field, pages compressed with zstd.
//
// A Parquet file can be read only when its end is there, which says where everything else is. Therefore it is called
// path.partial until Close has written that. After a kill -9 or a full disk the rows in path.partial are lost to all
// but special tools: who needs them writes a line format at the same time, of which every row is safe.
type parquetFile struct {
	file    *partial
	w       *parquet.GenericWriter[any]
	columns []parquetColumn
	clock   clock
	texts   []byte // what the values of the batch point to
	batch   int    // rows in the columns' values
	group   int    // rows in the row group, the batch excluded
	full    int    // rows that make a row group
	rows    uint64 // accepted
	written uint64 // of them, those in a file that is complete
	err     error
}

// newParquetFile prepares the writer. It writes nothing: the four magic bytes go out with the first row group.
func newParquetFile(file *partial, cfg Config) (*parquetFile, error) {
	cfg.Format = Parquet
	fields, err := cfg.columns()
	if err != nil {
		return nil, err
	}
	if cfg.Location == nil {
		cfg.Location = time.Local
	}
	columns, schema := parquetSchema(fields, cfg.Fields)
	w := parquet.NewGenericWriter[any](file, schema,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
		parquet.PageBufferSize(pageSize))
	for i, c := range w.ColumnWriters() {
		columns[i].w = c
	}
	return &parquetFile{
		file: file, w: w, columns: columns, clock: newClock(cfg.Location), full: rowGroupRows,
	}, nil
}

// Write adds a row. It reaches the file with its row group, after 128 Ki rows.
func (f *parquetFile) Write(r *Record) error {
	if f.err != nil {
		return f.err
	}
	for i := range f.columns {
		c := &f.columns[i]
		var v parquet.Value
		v, f.texts = c.value(r, &f.clock, f.texts)
		c.values = append(c.values, v)
	}
	f.rows++
	if f.batch++; f.batch == batchRows {
		f.err = f.handOver()
	}
	return f.err
}

// handOver gives the batch to the library, which copies it, and ends the row group if that is full.
func (f *parquetFile) handOver() error {
	for i := range f.columns {
		c := &f.columns[i]
		if _, err := c.w.WriteRowValues(c.values); err != nil {
			return f.explain(err)
		}
		c.values = c.values[:0]
	}
	f.group += f.batch
	f.batch, f.texts = 0, f.texts[:0]
	if f.group < f.full {
		return nil
	}
	f.group = 0
	if err := f.w.Flush(); err != nil {
		return f.explain(err)
	}
	return nil
}

// explain says what an error has left on disk. Of an error of the file it leaves out what part of the table was being
// written.
func (f *parquetFile) explain(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr
	}
	return fmt.Errorf("%w (%s cannot be read without its end)", err, f.file.Name())
}

// Flush does nothing: half a row group cannot be read, and small ones would cost every later reader.
func (f *parquetFile) Flush() error { return f.err }

// Sync does nothing, either: rows without the end of the file are not results.
func (f *parquetFile) Sync() error { return f.err }

// Close writes what is left, the end of the file, and then gives it its name. After an error it leaves the partial
// file behind.
func (f *parquetFile) Close() error {
	if f.err == nil {
		f.err = f.complete()
	}
	if f.err != nil {
		_ = f.file.Close() // the first error counts
		return f.err
	}
	f.err = errGroupClosed
	return nil
}

func (f *parquetFile) complete() error {
	if err := f.handOver(); err != nil {
		return err
	}
	if err := f.w.Close(); err != nil {
		return f.explain(err)
	}
	if err := f.file.publish(); err != nil {
		return err
	}
	f.written = f.rows
	return nil
}

// Written is none until the file is complete: without its end it cannot be read.
func (f *parquetFile) Written() uint64 { return f.written }
