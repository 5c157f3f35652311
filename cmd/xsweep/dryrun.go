package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/scan"
)

// dryRun shows every probe as ZMap's --dryrun or --fast-dryrun does. It needs no privilege, interface or network:
// addresses that only those would tell are zero unless given.
func dryRun(w io.Writer, o *options, s *settings, log *slog.Logger) error {
	cfg := s.scan
	if cfg.Sources = s.sources; len(cfg.Sources) == 0 {
		cfg.Sources = []uint32{0}
	}
	copy(cfg.Link.SrcMAC[:], s.sourceMAC)
	copy(cfg.Link.DstMAC[:], s.gatewayMAC)
	run, err := scan.NewDryRun(cfg)
	if err != nil {
		return err
	}
	nameShard(log, run, &cfg)
	o.regretFiles(log)
	if o.fastDryRun {
		return ignoreClosedPipe(writeTargets(w, run))
	}
	return ignoreClosedPipe(printProbes(w, run, cfg.Link, o.ipLayer))
}

// regretFiles names what is asked for of a scan that does not take place, for a script that waits for these files.
func (o *options) regretFiles(log *slog.Logger) {
	for _, name := range []string{"metadata-file", "status-updates-file", "checkpoint"} {
		if o.origins.has(name) {
			log.Warn("--" + name + " has no effect on a dry run: the file is not written")
		}
	}
}

// nameShard says which scan a shard is of: what is to fit together has one name.
func nameShard(log *slog.Logger, run *scan.DryRun, cfg *scan.Config) {
	if cfg.Shards > 1 {
		log.Info("shard", "scan-id", run.ID(), "shard", shardText(cfg), "targets", run.Targets())
	}
}

// printProbes writes ZMap's text, four lines a probe, or three without the Ethernet header.
func printProbes(w io.Writer, run *scan.DryRun, link packet.Config, ipLayer bool) error {
	template, err := packet.NewTemplate(link)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	frame := make([]byte, packet.MaxFrameLen)
	for batch := range run.Probes() {
		for i := range batch {
			if err := printFrame(out, frame[:template.Put(frame, &batch[i])], ipLayer); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

func printFrame(w io.Writer, frame []byte, ipLayer bool) error {
	f, err := packet.Decode(frame)
	if err != nil {
		return err
	}
	p := f.Probe
	ethernet := ""
	if !ipLayer {
		ethernet = fmt.Sprintf("eth { shost: %s | dhost: %s }\n", net.HardwareAddr(f.SrcMAC[:]), net.HardwareAddr(f.DstMAC[:]))
	}
	_, err = fmt.Fprintf(w, "tcp { source: %d | dest: %d | seq: %d | checksum: %#04X }\n"+
		"ip { saddr: %s | daddr: %s | checksum: %#04X }\n%s"+
		"------------------------------------------------------\n",
		p.SrcPort, p.DstPort, p.Seq, f.TCPChecksum,
		blocklist.ToAddr(p.Src), blocklist.ToAddr(p.Dst), f.IPChecksum, ethernet)
	return err
}

// ignoreClosedPipe makes nothing of a reader that has had enough, as head has.
func ignoreClosedPipe(err error) error {
	if err != nil && isClosedPipe(err) {
		return nil
	}
	return err
}
