package main

import (
	"encoding/binary"
	"io"

	"github.com/xsweep/xsweep/scan"
)

// fastRow is the size of a probe in ZMap's binary format: address and port, both in network order.
const fastRow = 6

// writeTargets writes ZMap's --fast-dryrun: fastRow bytes a probe and nothing else.
func writeTargets(w io.Writer, run *scan.DryRun) error {
	buf := make([]byte, 0, 1<<16)
	for batch := range run.Probes() {
		if cap(buf)-len(buf) < fastRow*len(batch)+2 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		at := len(buf)
		buf = buf[:at+fastRow*len(batch)]
		rows := buf[at : len(buf)+2] // rows are written eight bytes at a time, the last two over by the next
		for i := range batch {
			p := &batch[i]
			binary.BigEndian.PutUint64(rows[fastRow*i:], uint64(p.Dst)<<32|uint64(p.DstPort)<<16)
		}
	}
	_, err := w.Write(buf)
	return err
}
