package scan

import (
	"time"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/xsk"
)

// Snapshot is where a scan stands. Counts are from its start; of a scan that goes on from a checkpoint, from that of its
// first session, as far as the checkpoint knew.
type Snapshot struct {
	Began   time.Time     // when Run was called, by the clock on the wall
	Resumed int           // how often the scan went on from a checkpoint
	Away    time.Duration // since then, outside of sessions or in their cool-downs; Elapsed is without it
	Elapsed time.Duration // since then, or until the scan ended
	Sending time.Duration // of it, until the last probe was sent
	Paused  time.Duration // of it, while the output had no room; answers of then may have been written later
	Done    bool          // no more probes will be sent
	End     End           // why the scan ended; empty before
	Senders int           // threads that still send probes

	Targets  uint64 // targets of the scan, or of this shard of it
	Probed   uint64 // of them, those whose probes were given to the kernel
	Excluded uint64 // of them, those left out on the way, by Config.Exclude or Scan.Exclude
	Probes   uint64 // probes given to the kernel
	Planned  uint64 // probes that there will be in all, unless the scan is ended before
	Resets   uint64 // RSTs given to the kernel

	Received    uint64 // frames that reached the sockets
	Answers     uint64 // of them, validated answers, repeats included
	SYNACKs     uint64 // of them, SYN-ACKs
	LateSYNACKs uint64 // of these, those that came in the cool-down
	Others      uint64 // answers that were none

	Hits    uint64 // targets that answered with a SYN-ACK
	Late    uint64 // of these, those found in the cool-down
	Closed  uint64 // targets that answered with a RST
	ICMP    uint64 // targets of which an ICMP error told
	Repeats uint64 // answers that had come before
	Rows    uint64 // written to the output
	Window  uint64 // answers that repeats can be told of, where memory was too little for all; 0 for all

	Filtered uint64 // answers that the output's filter did not want
	Surplus  uint64 // answers after the maximum number of results
	Unread   uint64 // true answers that came when the scan had ended; known then

	Steer  bpf.SteerCounters
	Socket xsk.Stats // of all queues together
	Losses Losses
}

// Losses are packets that did not get where they should have, by the place where that happened. Losses outside of this
// host are not among them: nobody can count those.
type Losses struct {
	SendDropped uint64 // probes and RSTs that the kernel took and dropped
	SendInvalid uint64 // frames that the kernel refused to send
	Unsent      uint64 // frames that were still in the transmit ring when the scan ended
	ResetsLost  uint64 // RSTs that were owed when there was no room for them
	// ResetsWithheld is RSTs to repeated SYN-ACKs that were one too many for their address: see ResetReply.
	ResetsWithheld uint64
	NoSocket       uint64 // answers on a queue without a socket
	Uncopied       uint64 // SYN-ACKs passed to the host's stack, for whose copy there was no room
	Redirect       uint64 // answers that the kernel could not give to their socket; known when the scan has ended
	RingFull       uint64 // answers that found the receive ring full
	NoFrame        uint64 // answers for which there was no free frame: the fill ring was empty
	TooLong        uint64 // answers longer than a frame has room for
	Unparsed       uint64 // frames that were not well formed, though the XDP program took them for that
	Invalid        uint64 // frames that were not an answer to a probe of the scan, though the XDP program took them for one
	Unwritten      uint64 // answers that came after the output had failed
	// Waits are no losses: batches that found the transmit ring full and were sent later, and attempts to send that
	// failed and were repeated.
	WaitedForRoom, WaitedForDevice uint64
	SentAgain                      uint64 // nor these: frames that the driver had no room for, and that were sent again later
}

// SendFailures is what ZMap calls sendto failures: frames that the kernel did not send, and attempts that it refused
// while the device was down. Those were repeated later, so that no target was lost by them.
func (l *Losses) SendFailures() uint64 { return l.SendDropped + l.SendInvalid + l.WaitedForDevice }

// Received is the number of answers lost on the way from the driver to the output.
func (l *Losses) Received() uint64 { return l.Kernel() + l.Unwritten }

// Kernel is the number of them that the kernel lost.
func (l *Losses) Kernel() uint64 {
	return l.NoSocket + l.Uncopied + l.Redirect + l.RingFull + l.NoFrame + l.TooLong
}

// HitRate is the percentage of the targets probed that answered with a SYN-ACK.
func (now *Snapshot) HitRate() float64 {
	if now.Probed == 0 {
		return 0
	}
	return 100 * float64(now.Hits) / float64(now.Probed)
}

// Snapshot reads all counters; when Run has returned, they are what it returned. It may be called at any time from any
// goroutine; once a second is what it is made for.
func (s *Scan) Snapshot() Snapshot {
	if last := s.last.Load(); last != nil {
		return *last
	}
	now := s.session()
	if s.cfg.Resume != nil && !now.Began.IsZero() {
		now.addEarlier(s.earlier())
		now.Planned = s.planned(&now)
	}
	return now
}

// session is a Snapshot without those sessions that the scan had before.
func (s *Scan) session() Snapshot {
	now := Snapshot{Targets: s.Targets()}
	started, probed := s.phase.started.Load(), s.phase.probed.Load()
	if started == 0 {
		return now
	}
	now.Began = s.clock.start.Add(time.Duration(started - 1))
	now.Elapsed = s.clock.now() - time.Duration(started-1)
	now.Sending = now.Elapsed
	if probed != 0 {
		now.Done, now.Sending = true, time.Duration(probed-started)
	}
	now.Paused = s.collector.pause.total()
	s.countSenders(&now)
	s.countReceivers(&now)
	s.countKernel(&now)
	return now
}

func (s *Scan) countSenders(now *Snapshot) {
	firsts := uint64(0) // probes of the first pass
	for _, snd := range s.senders {
		n := snd.n
		again := n.again.Load() // before the others, of which it is a part
		probes := n.probes.Load()
		now.Probes += probes
		firsts += probes - again
		now.Resets += n.resets.Load()
		now.Excluded += n.excluded.Load()
		now.Losses.SendDropped += n.dropped.Load()
		now.Losses.Unsent += n.unsent.Load()
		now.Losses.SentAgain += n.returned.Load()
		now.Losses.WaitedForRoom += n.noRoom.Load()
		now.Losses.WaitedForDevice += n.refused.Load()
	}
	now.Senders = int(s.phase.probing.Load())
	now.Probed = firsts / uint64(s.inARow())
	now.Planned = (now.Targets - min(now.Excluded, now.Targets)) * uint64(s.cfg.Probes)
}

func (s *Scan) countReceivers(now *Snapshot) {
	for _, in := range s.intakes {
		now.Received += in.n.frames.Load()
		now.Answers += in.n.answers.Load()
		now.Losses.Unparsed += in.n.unparsed.Load()
		now.Losses.Invalid += in.n.invalid.Load()
		now.Losses.ResetsLost += in.n.resetsLost.Load()
		now.Losses.ResetsWithheld += in.n.resetsWithheld.Load()
	}
	n := s.collector.n
	now.SYNACKs, now.LateSYNACKs = n.synacks.Load(), n.lateSYNACKs.Load()
	now.Others = n.collected.Load() - now.SYNACKs
	now.Hits, now.Late = n.hits.Load(), n.late.Load()
	now.Closed, now.ICMP = n.closed.Load(), n.icmp.Load()
	now.Repeats, now.Rows = n.repeats.Load(), n.rows.Load()
	now.Filtered, now.Surplus = n.filtered.Load(), n.surplus.Load()
	now.Losses.Unwritten = n.lost.Load()
	if d, ok := s.collector.dedup.(*dedupTables); ok {
		now.Window = d.window.Load()
	}
}

// countKernel leaves at zero what the kernel does not tell: a snapshot is no reason to end a scan.
func (s *Scan) countKernel(now *Snapshot) {
	now.Steer, _ = s.steer.Counters()
	now.Socket, _ = s.group.Stats()
	now.Losses.NoSocket = now.Steer.Unbound
	now.Losses.RingFull = now.Socket.RxRingFull
	now.Losses.Uncopied = now.Steer.Uncopied
	now.Losses.NoFrame = now.Socket.FillRingEmpty
	now.Losses.TooLong = now.Socket.RxDropped - min(now.Socket.FillRingEmpty, now.Socket.RxDropped) // copy mode has one case in both
	now.Losses.SendInvalid = now.Socket.TxInvalid
}
