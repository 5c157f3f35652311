package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// A metadataFile tells of a scan, once it has ended, in whatever way.
type metadataFile struct {
	path  string
	place *output.MetadataPlace
	data  output.Metadata
	host  chan string // its name as the resolver has it; empty where that does not answer in time
}

// describe gathers what is known before the scan begins. The result is nil where no metadata are asked for.
func describe(cmd *cobra.Command, o *options, s *settings, args []string, run *scan.Scan) *metadataFile {
	if s.output.metadata == "" {
		return nil
	}
	f := &metadataFile{path: s.output.metadata, place: output.KeepPlace(s.output.metadata), host: make(chan string, 1)}
	m := &f.data
	name, _ := os.Hostname() // empty if there is none
	go func() { f.host <- fullName(cmd.Context(), name) }()
	m.LocalHostname, m.Kernel = name, kernelRelease()
	m.Version, m.CommandLine, m.CLICIDRDestinations = version(), os.Args, args
	describeTargets(m, o, s)
	describeSending(m, o, s, run)
	describeOutput(m, o, s)
	o.describe(m)
	m.SeedProvided = output.Flag(cmd.Flags().Changed("seed"))
	return f
}

// describeTargets says what is probed, and in which order.
func describeTargets(m *output.Metadata, o *options, s *settings) {
	t, cfg := s.targets, &s.scan
	m.TargetPorts = s.ports
	m.MaxTargets = orUnlimited(cfg.MaxTargets)
	m.Seed, m.ShardNum, m.TotalShards = cfg.Seed, int(cfg.Shard), int(max(cfg.Shards, 1))
	m.BlocklistTotalAllowed = t.addresses().Len()
	m.BlocklistTotalNotAllowed = blocklist.All().Len() - m.BlocklistTotalAllowed
	m.BlocklistFilename = strings.Join(o.blocklistFiles, ",")
	m.AllowlistFilename = strings.Join(o.allowlistFiles, ",")
	m.ListOfIPsFilename, m.ListOfIPsCount = strings.Join(o.addressFiles, ","), t.fromFiles
	blocked := t.blocked
	if !o.allowSpecial {
		blocked = blocked.Union(blocklist.SpecialSet())
	}
	m.BlocklistedNetworks, m.AllowlistedNetworks = networks(blocked), t.wanted
}

// describeSending says how probes go out, and for how long.
func describeSending(m *output.Metadata, o *options, s *settings, run *scan.Scan) {
	cfg, way := &s.scan, run.Way()
	m.SourcePortFirst, m.SourcePortLast = cfg.SourcePorts.First, cfg.SourcePorts.Last
	m.MaxRuntime, m.CooldownSecs = uint64(cfg.MaxRuntime/time.Second), output.Number(cfg.Cooldown.Seconds())
	m.MaxResults = orUnlimited(cfg.MaxResults)
	m.MinHitrate, m.MaxSendtoFailures = output.Number(cfg.MinHitRate), o.maxSendFailures
	m.Rate, m.Senders, m.PacketStreams = output.Number(cfg.Rate), way.Senders, cfg.Probes
	m.Generator, m.ScanID = run.Generator(), run.ID()
	m.ProbeModule, m.ProbeArgs, m.ProbeTTL = "tcp_synscan", o.probeArgs, o.probeTTL
	m.Interface, m.Engine, m.XDPMode, m.AFXDPMode, m.Queues = cfg.Interface, way.Engine, way.XDP, way.AFXDP, way.Queues
	m.GatewayMAC, m.SourceMAC = net.HardwareAddr(cfg.Link.DstMAC[:]).String(), net.HardwareAddr(cfg.Link.SrcMAC[:]).String()
	if s.gateway != 0 {
		m.GatewayIP = blocklist.ToAddr(s.gateway)
	}
	for _, addr := range cfg.Sources {
		m.SourceIPs = append(m.SourceIPs, blocklist.ToAddr(addr))
	}
}

// describe says what is logged where to, and what only the user knows.
func (o *options) describe(m *output.Metadata) {
	m.LogFile, m.LogDirectory, m.Syslog = o.logFile, o.logDirectory, output.Flag(o.syslog)
	m.OutputArgs, m.Notes, m.UserMetadata = o.outputArgs, o.notes, []byte(o.userMetadata)
	m.Bandwidth = uint64(o.bandwidth.bits)
}

// describeOutput says what is written, and which answers of those that come.
func describeOutput(m *output.Metadata, o *options, s *settings) {
	var names, formats []string
	for _, f := range s.output.files {
		names, formats = append(names, f.Path), append(formats, f.Format.String())
	}
	m.OutputFilename, m.OutputModule = strings.Join(names, ","), strings.Join(formats, ",")
	m.OutputFilter, m.DefaultMode = s.output.filter, output.Flag(s.output.isDefault)
	m.Quiet, m.LogLevel = output.Flag(o.quiet), o.verbosity
	m.DeduplicationMethod = s.scan.Dedup.String()
	if s.scan.Dedup != scan.DedupNone {
		m.DedupMemory = s.scan.DedupMemory
	}
	switch s.scan.Dedup {
	case scan.DedupDefault:
		m.DeduplicationMethod = scan.DedupFull.String() // what was used, not what was asked for
	case scan.DedupWindow:
		m.DeduplicationWindowSize = uint64(s.scan.WindowSize())
	}
}

// write adds how the scan went and ended, and writes the file. Its error comes on top of err.
func (f *metadataFile) write(end *moment, rate float64, err error, log *slog.Logger) error {
	if f == nil {
		return err
	}
	m := &f.data
	select {
	case m.FullHostname = <-f.host:
	default:
	}
	m.Rate = output.Number(rate)
	recordCounters(m, end)
	m.Ended = string(end.End)
	if err != nil {
		m.Error = oneLine(err)
		if isGood(end.End) {
			m.Ended = string(scan.EndFailed) // after the end: an output that could not be completed
		}
	}
	if failed := f.place.Write(m); failed != nil {
		return errors.Join(err, &outputError{failed, "--metadata-file"})
	}
	log.Debug("metadata written", "file", f.path)
	return err
}

// close gives its place up.
func (f *metadataFile) close() {
	if f != nil {
		f.place.Close()
	}
}

func isGood(end scan.End) bool {
	switch end {
	case scan.EndDone, scan.EndMaxTargets, scan.EndMaxRuntime, scan.EndMaxResults, scan.EndStopped, scan.EndReaderLeft:
		return true
	}
	return false
}

// recordCounters fills in what a scan has come to.
func recordCounters(m *output.Metadata, end *moment) {
	m.OutputResults, m.Hitrate = end.Rows, output.Number(end.HitRate())
	l := &end.Losses
	m.Received, m.Dropped, m.DeviceDropped = end.Received, l.Kernel(), end.DeviceDrops
	m.ValidationPassed, m.ValidationFailed = end.Answers, end.Steer.Forged+l.Invalid
	m.SendToFailures, m.PacketsSent, m.TargetsScanned = l.SendFailures(), end.Probes, end.Probed
	m.SuccessTotal, m.SuccessUnique = end.SYNACKs, end.Hits
	m.SuccessCooldownTotal, m.SuccessCooldownUnique = end.LateSYNACKs, end.Late
	m.FailureTotal = end.Others
	m.SendStart, m.RecvStart = output.Stamp{Time: end.Began}, output.Stamp{Time: end.Began}
	m.SendEnd = output.Stamp{Time: end.Began.Add(end.Away + end.Sending)}
	m.RecvEnd = output.Stamp{Time: end.Began.Add(end.Away + end.Elapsed)}
	m.Resumed, m.Unprobed = end.Resumed, end.unprobed()
	if end.Window > 0 { // what it came to
		m.DeduplicationMethod, m.DeduplicationWindowSize = scan.DedupWindow.String(), end.Window
	}
	if end.Probes > 0 {
		m.FirstScanned = end.Began.Unix()
	}
	m.SentAgain, m.OutputPaused = l.SentAgain, output.Number(end.Paused.Seconds())
	m.Drops = map[string]uint64{
		"send_dropped": l.SendDropped, "send_invalid": l.SendInvalid, "unsent": l.Unsent, "resets_lost": l.ResetsLost,
		"resets_withheld": l.ResetsWithheld,
		"no_socket":       l.NoSocket, "uncopied": l.Uncopied, "redirect": l.Redirect, "ring_full": l.RingFull, "no_frame": l.NoFrame,
		"too_long": l.TooLong, "unparsed": l.Unparsed, "invalid": l.Invalid, "filtered": end.Filtered, "surplus": end.Surplus,
		"unread":    end.Unread,
		"unwritten": l.Unwritten, "device": end.DeviceDrops, "forged": end.Steer.Forged, "excluded": end.Excluded,
	}
}

// orUnlimited is -1 for 0, which is no limit here and not in ZMap.
func orUnlimited(n uint64) int64 {
	if n == 0 {
		return -1
	}
	return int64(n)
}

// fullName asks the resolver for the name of this host with its domain. It takes its time where no server answers, and
// nobody waits for it.
func fullName(ctx context.Context, host string) string {
	name, err := net.DefaultResolver.LookupCNAME(ctx, host)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(name, ".")
}

func kernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}
