package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/scan"
)

// dryRun prints every probe as ZMap's --dryrun does. It needs no privilege, interface or network: addresses that
// only those would tell are zero unless given.
func dryRun(w io.Writer, s *settings) error {
	cfg := s.scan
	if cfg.Sources = s.sources; len(cfg.Sources) == 0 {
		cfg.Sources = []uint32{0}
	}
	copy(cfg.Link.SrcMAC[:], s.sourceMAC)
	copy(cfg.Link.DstMAC[:], s.gatewayMAC)
	template, err := packet.NewTemplate(cfg.Link)
	if err != nil {
		return err
	}
	probes, err := scan.Probes(cfg)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	frame := make([]byte, packet.MaxFrameLen)
	for batch := range probes {
		for i := range batch {
			if err := printFrame(out, frame[:template.Put(frame, &batch[i])]); err != nil {
				return ignoreClosedPipe(err)
			}
		}
	}
	return ignoreClosedPipe(out.Flush())
}

func printFrame(w io.Writer, frame []byte) error {
	f, err := packet.Decode(frame)
	if err != nil {
		return err
	}
	p := f.Probe
	_, err = fmt.Fprintf(w, "tcp { source: %d | dest: %d | seq: %d | checksum: %#04X }\n"+
		"ip { saddr: %s | daddr: %s | checksum: %#04X }\n"+
		"eth { shost: %s | dhost: %s }\n"+
		"------------------------------------------------------\n",
		p.SrcPort, p.DstPort, p.Seq, f.TCPChecksum,
		blocklist.ToAddr(p.Src), blocklist.ToAddr(p.Dst), f.IPChecksum,
		net.HardwareAddr(f.SrcMAC[:]), net.HardwareAddr(f.DstMAC[:]))
	return err
}

// ignoreClosedPipe makes nothing of a reader that has had enough, as head has.
func ignoreClosedPipe(err error) error {
	if errors.Is(err, unix.EPIPE) {
		return nil
	}
	return err
}
