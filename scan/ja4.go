package scan

import (
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
)

// JA4T is the fingerprint of the scan's probes, which is the same for all: what a target can tell of the system that
// they seem to come from.
func (s *Scan) JA4T() string {
	syn := s.syn.SYN()
	rec := output.Record{Window: syn.Window}
	recordOptions(&syn, &rec)
	recordKinds(&syn, &rec)
	return rec.JA4()
}

// recordKinds fills in the order of r's TCP options, which a JA4TS shows.
func recordKinds(r *packet.Reply, rec *output.Record) {
	rec.HasOptionKinds, rec.OptionKinds, rec.NumOptions = true, r.OptionKinds, r.NumOptions
}
