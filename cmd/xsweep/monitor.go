package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// A monitor looks at a scan every second, and tells where it stands: in a line on the terminal, in a row of the status
// updates file, and in the log where packets are lost.
type monitor struct {
	run      *scan.Scan
	limits   limits
	device   *deviceDrops
	gateway  *gatewayWatch        // nil for none to be watched
	terminal io.Writer            // nil for a quiet scan
	rows     *output.StatusWriter // nil for none
	log      *slog.Logger

	last   moment // the one before
	err    error  // of rows
	isFull bool   // the last row found no room
}

func newMonitor(w io.Writer, quiet bool, run *scan.Scan, s *settings, rows *output.StatusWriter, log *slog.Logger) *monitor {
	m := &monitor{
		run: run, device: newDeviceDrops(s.scan.Ifindex), gateway: newGatewayWatch(s, log), terminal: w, rows: rows, log: log,
		limits: limits{s.scan.Cooldown, s.scan.MaxRuntime, s.scan.MaxResults},
	}
	if quiet {
		m.terminal = nil
	}
	if before := s.scan.Resume; before != nil {
		m.device.earlier = s.deviceDrops
		m.last = moment{before.Counters, s.deviceDrops}
		m.last.Elapsed = m.last.Sending // as the scan counts on
	}
	return m
}

// moment is what there is to know at one time.
type moment struct {
	scan.Snapshot
	DeviceDrops uint64 // frames that the network device had no room for
}

// drops is the number of packets lost on the way from the network to the output.
func (m *moment) drops() uint64 { return m.Losses.Received() + m.DeviceDrops }

// unprobed is the number of targets that the scan has not come to.
func (m *moment) unprobed() uint64 { return m.Targets - min(m.Probed+m.Excluded, m.Targets) }

// watch looks a second after the scan has begun, and so on until finished is closed, and then once more.
func (m *monitor) watch(finished <-chan struct{}) {
	m.awaitBeginning(finished)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.look()
		case <-finished:
			m.look()
			return
		}
	}
}

// awaitBeginning returns once the scan's own time runs. Seconds counted from before would end just before its seconds do:
// the first line would be at 0:00 or at 0:01, as it happens, and the time-elapsed of two rows the same.
func (m *monitor) awaitBeginning(finished <-chan struct{}) {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for m.run.Snapshot().Elapsed <= 0 {
		select {
		case <-poll.C:
		case <-finished:
			return
		}
	}
}

func (m *monitor) look() {
	now := moment{m.run.Snapshot(), m.device.count()}
	s := statusOf(&now, &m.last, m.limits)
	m.warn(&s, &now)
	if !now.Done {
		m.gateway.check()
	}
	if m.terminal != nil && (m.last.Elapsed > 0 || now.Elapsed > 100*time.Millisecond) {
		fmt.Fprintln(m.terminal, statusLine(&s, now.Done, now.End == "", columns(m.terminal)))
	}
	if m.rows != nil && m.err == nil {
		m.note(m.rows.Write(&s))
	}
	m.last = now
}

// note says once that there are no more status updates, or none while the disk is full.
func (m *monitor) note(err error) {
	switch {
	case !errors.Is(err, output.ErrFull):
		m.isFull = false
		if m.err = err; err != nil {
			m.log.Error("status updates end here", "error", err)
		}
	case !m.isFull:
		m.isFull = true
		m.log.Warn("status updates are left out", "error", err)
	}
}

// warn says what ZMap says when more than one answer in twenty is lost, or more than one probe in a hundred.
func (m *monitor) warn(s *output.Status, now *moment) {
	// Answers that come after the output has failed are none of these: that ends the scan, with an error or, where a reader
	// has seen enough, without a word.
	if ended := now.Losses.Unwritten > 0; !ended && s.Drops.Last > 0.05*s.RecvSuccess.Last {
		m.log.Warn(fmt.Sprintf("Dropped %.0f packets in the last second, (%d total dropped (pcap: %d + iface: %d))",
			s.Drops.Last, s.Drops.Total, s.Drops.Total-now.DeviceDrops, now.DeviceDrops))
	}
	// Attempts while the device is down are none of these: the log has told when that began, and will when it ends.
	if down := now.Losses.WaitedForDevice > m.last.Losses.WaitedForDevice; !down && s.SendFail.Last > 0.01*s.Sent.Last {
		m.log.Warn(fmt.Sprintf("Failed to send %.0f packets/sec (%d total failures)", s.SendFail.Last, s.SendFail.Total))
	}
}

// close ends the status updates file.
func (m *monitor) close() error {
	if m.rows == nil {
		return nil
	}
	if err := m.rows.Close(); m.err == nil {
		m.err = err
	}
	if m.err != nil {
		return &outputError{m.err, "--status-updates-file"}
	}
	return nil
}
