package output

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// Status is the state of a scan at one moment.
type Status struct {
	Time            time.Time     // written in its own zone, to the second
	Elapsed         time.Duration // since the first probe
	Remaining       time.Duration // estimated; written as 0 where it is negative
	PercentComplete float64
	HitRate         float64 // percent of the targets probed
	SendThreads     int     // still sending

	Sent        Flow // probes
	RecvSuccess Flow // hits, repeats excluded
	Recv        Flow // all answers
	Drops       Flow // answers lost on this machine
	SendFail    Flow // probes that could not be sent
}

// Flow is a counter and its rates.
type Flow struct {
	Total uint64
	Last  float64 // per second, since the row before
	Avg   float64 // per second, since the scan began
}

// statusHeader is ZMap's.
const statusHeader = "real-time,time-elapsed,time-remaining," +
	"percent-complete,hit-rate,active-send-threads," +
	"sent-total,sent-last-one-sec,sent-avg-per-sec," +
	"recv-success-total,recv-success-last-one-sec,recv-success-avg-per-sec," +
	"recv-total,recv-total-last-one-sec,recv-total-avg-per-sec," +
	"pcap-drop-total,drop-last-one-sec,drop-avg-per-sec," +
	"sendto-fail-total,sendto-fail-last-one-sec,sendto-fail-avg-per-sec\n"

// StatusWriter writes the rows of ZMap's status updates file: CSV under a header, 21 columns in both. ZMap 4.3 writes 22
// values a row, one of them empty, so that readers take the last columns for something else.
//
// A StatusWriter is for one goroutine.
type StatusWriter struct {
	sink *Sink
	row  []byte
	err  error
}

// CreateStatus opens path as Create does, and writes the header.
func CreateStatus(path string) (*StatusWriter, error) {
	sink, err := Create(path)
	if err != nil {
		return nil, err
	}
	if err := sink.writeWhole([]byte(statusHeader)); err != nil {
		_ = sink.Close() // the first error counts
		return nil, err
	}
	return &StatusWriter{sink: sink}, nil
}

// Write adds a row and hands it to the system at once; a row that does not fit the disk leaves nothing behind. The first
// error, which names the file, is final, unless it is ErrFull: then this row is missing, and the next may find room.
func (w *StatusWriter) Write(s *Status) error {
	if w.err != nil {
		return w.err
	}
	w.row = s.appendTo(w.row[:0])
	err := w.sink.writeWhole(w.row)
	if !errors.Is(err, ErrFull) {
		w.err = err
	}
	return err
}

// Close brings the rows to disk and closes the file.
func (w *StatusWriter) Close() error { return w.sink.Close() }

func (s *Status) appendTo(dst []byte) []byte {
	dst = s.Time.AppendFormat(dst, "2006-01-02 15:04:05")
	dst = appendSeconds(append(dst, ','), s.Elapsed)
	dst = appendSeconds(append(dst, ','), s.Remaining)
	dst = appendFixed(append(dst, ','), s.PercentComplete, 6)
	dst = appendFixed(append(dst, ','), s.HitRate, 6)
	dst = strconv.AppendInt(append(dst, ','), int64(s.SendThreads), 10)
	for _, f := range []*Flow{&s.Sent, &s.RecvSuccess, &s.Recv, &s.Drops, &s.SendFail} {
		dst = strconv.AppendUint(append(dst, ','), f.Total, 10)
		dst = appendFixed(append(dst, ','), f.Last, 0)
		dst = appendFixed(append(dst, ','), f.Avg, 0)
	}
	return append(dst, '\n')
}

// appendSeconds appends whole seconds, cut as ZMap cuts them.
func appendSeconds(dst []byte, d time.Duration) []byte {
	return strconv.AppendInt(dst, int64(max(d, 0)/time.Second), 10)
}

// appendFixed appends f with so many digits after the point. What is not finite, such as a rate in no time at all, is 0.
func appendFixed(dst []byte, f float64, digits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	return strconv.AppendFloat(dst, f, 'f', digits, 64)
}
