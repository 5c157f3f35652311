package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReopenGroup opens files that an earlier process wrote, to go on behind what marks cover; files and cfg are those of
// then. Whole rows behind a mark, which that process wrote before it was killed, stay and count. What is torn behind
// them is cut off: cut says how many bytes, file by file. There is no second header. Standard output, pipes and devices,
// whose marks have a size of -1, are written to as they are.
//
// All is checked before any file is changed. An error names the file: one that is missing, shorter than its mark, or
// another one than it was, by the Tail of its mark or, where that covers nothing, by its first bytes; one that
// CheckResumable or CheckFiles does not want; or one of the file system.
//
// Group.Rows goes on from the marks, with the rows kept of the file that has most: the last rows of a killed process may
// be in one file and not yet in another.
func ReopenGroup(files []File, cfg Config, marks []Mark) (g *Group, cut []int64, err error) {
	if err := CheckResumable(files); err != nil {
		return nil, nil, err
	}
	if err := CheckFiles(files); err != nil {
		return nil, nil, err
	}
	if len(files) != len(marks) {
		return nil, nil, fmt.Errorf("resume output: %d files, and marks of %d", len(files), len(marks))
	}
	g = &Group{only: cfg.Only}
	cfg.Only = nil
	var ends []int64
	for i, f := range files {
		opened, kept, err := reopenFile(f, cfg, marks[i])
		if err != nil {
			g.abandon()
			return nil, nil, err
		}
		g.files, ends = append(g.files, opened), append(ends, kept.end)
		g.rows = max(g.rows, marks[i].Rows+kept.rows)
	}
	for i, f := range g.files {
		n, err := f.sink.cutTo(ends[i])
		if err != nil {
			g.abandon()
			return nil, nil, err
		}
		cut = append(cut, n)
	}
	return g, cut, nil
}

// reopenFile opens f and changes nothing in it. An end of -1 means that there is nothing to find behind the mark.
func reopenFile(f File, cfg Config, mark Mark) (groupFile, remains, error) {
	if f.Path != mark.Path {
		return groupFile{}, remains{}, fmt.Errorf("resume output %s: the mark is of %s", called(f.Path), called(mark.Path))
	}
	if mark.Size < 0 {
		file, err := reopenStream(f, cfg, mark)
		return file, remains{end: -1}, err
	}
	sink, size, err := openToResume(f, mark)
	if err != nil {
		return groupFile{}, remains{}, err
	}
	begins := cfg.beginning(f.Format)
	kept, err := findRemains(sink.f, mark.Size, size, f, len(begins))
	if err == nil && mark.Size == 0 {
		err = kept.check(f, begins)
	}
	if err != nil {
		sink.abandon()
		return groupFile{}, remains{}, resumeError(mark, causeOf(err))
	}
	if hasHeader := cfg.Header && f.Format == CSV; hasHeader && mark.Size == 0 && kept.rows > 0 {
		kept.rows-- // the first line is the header
		cfg.Header = false
	}
	cfg.Header = cfg.Header && mark.Size == 0
	w, err := newLineFile(sink, f, cfg)
	if err != nil {
		sink.abandon()
		return groupFile{}, remains{}, err
	}
	w.resume(mark.Rows + kept.rows)
	return groupFile{w, sink}, kept, nil
}

// reopenStream opens what takes bytes and keeps none.
func reopenStream(f File, cfg Config, mark Mark) (groupFile, error) {
	if f.Path != "-" {
		if err := checkKind(mark, false); err != nil {
			return groupFile{}, err
		}
	}
	cfg.Header = false
	sink, err := openSink(f.Path)
	if err != nil {
		return groupFile{}, err
	}
	w, err := newLineFile(sink, f, cfg)
	if err != nil {
		sink.abandon()
		return groupFile{}, err
	}
	w.resume(mark.Rows)
	return groupFile{w, sink}, nil
}

// openToResume opens the file of a mark, and returns its size.
func openToResume(f File, mark Mark) (*Sink, int64, error) {
	if err := checkKind(mark, true); err != nil {
		return nil, 0, err
	}
	file, err := os.OpenFile(mark.Path, os.O_RDWR, 0)
	if err != nil {
		return nil, 0, resumeError(mark, causeOf(err))
	}
	s := &Sink{f: file, regular: true}
	size := int64(0)
	if err = s.claim(); err == nil {
		size, err = s.checkMark(f, mark)
	}
	if err != nil {
		s.abandon()
		return nil, 0, resumeError(mark, causeOf(err))
	}
	return s, size, nil
}

// wayOut is what somebody can do whose file is not what it was.
const wayOut = "put back the file that was there, or begin a new scan"

// checkKind asks before opening whether there is a regular file as before, or none as before: a pipe makes opening wait.
func checkKind(mark Mark, regular bool) error {
	info, err := os.Stat(mark.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return resumeError(mark, fmt.Errorf("%w: %s", causeOf(err), wayOut))
	case err != nil:
		return resumeError(mark, causeOf(err))
	case info.Mode().IsRegular() == regular:
		return nil
	case regular:
		return resumeError(mark, fmt.Errorf("it was a file of %d bytes, and is none any more: %s", mark.Size, wayOut))
	}
	return resumeError(mark, fmt.Errorf("it is a file now, and was a pipe or a device: %s", wayOut))
}

// checkMark returns the size of the file, which has to be the one that f was, or to look like it.
func (s *Sink) checkMark(f File, mark Mark) (int64, error) {
	info, err := s.f.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() < mark.Size {
		return 0, fmt.Errorf("it has %d bytes, and had %d before: %s", info.Size(), mark.Size, wayOut)
	}
	if mark.Size == 0 {
		return info.Size(), nil
	}
	last, err := readEnd(s.f, mark.Size)
	if err != nil {
		return 0, err
	}
	if f.Compression == Uncompressed && last[len(last)-1] != '\n' {
		return 0, fmt.Errorf("no row ends at byte %d, where one ended before: %s", mark.Size, wayOut)
	}
	if !mark.Tail.isOf(last) {
		return 0, fmt.Errorf("it is another file, or was changed: its bytes before byte %d are not those that were there: %s",
			mark.Size, wayOut)
	}
	return info.Size(), nil
}

func resumeError(mark Mark, cause error) error {
	return fmt.Errorf("resume output %s: %w", called(mark.Path), cause)
}

// cutTo is goOnAt for a file of rows, of whose last bytes a Mark tells. An end of -1 leaves it alone.
func (s *Sink) cutTo(end int64) (cut int64, err error) {
	if end < 0 {
		return 0, nil
	}
	if cut, err = s.goOnAt(end); err == nil {
		s.end, err = readEnd(s.f, end)
	}
	if err != nil {
		return 0, fmt.Errorf("resume output %s: %w", s.Name(), causeOf(err))
	}
	return cut, nil
}

// goOnAt has a file end, and the next Write begin, at end, and returns by how much it is shorter.
func (s *Sink) goOnAt(end int64) (cut int64, err error) {
	info, err := s.f.Stat()
	if err != nil {
		return 0, err
	}
	if cut = max(0, info.Size()-end); cut > 0 {
		if err := s.f.Truncate(end); err != nil {
			return 0, err
		}
	}
	_, err = s.f.Seek(end, io.SeekStart)
	return cut, err
}

// resume has a Writer count from rows on.
func (w *Writer) resume(rows uint64) { w.rows, w.written = rows, rows }
