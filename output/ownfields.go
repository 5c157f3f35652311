package output

// ScanInfo is what the rows of a scan have in common. It tells rows apart once those of several scans, or of several
// shards of one, are in the same place.
type ScanInfo struct {
	ID     string // field scan_id, null if empty
	Engine string // field engine: the way the probes were sent, such as xsk; null if empty
	Shard  uint32 // field shard: the part of the scan, from 0
	JA4T   string // field ja4t of TCP answers: the fingerprint of the probe, as Record.JA4 makes it; null if empty
}

// ownFields are those that ZMap does not have.
func ownFields() []Field {
	return []Field{
		field("vlan", integer, "VLAN ID of the answer, null if it came untagged",
			func(r *Record) value { return ifKnown(r.VLAN != 0, number(r.VLAN)) }),
		scanField("engine", text, "how the probes were sent",
			func(s *ScanInfo) value { return ifKnown(s.Engine != "", word(s.Engine)) }),
		field("decoy", boolean, "whether it is a SYN-ACK as SYN proxies send: window 0, no TCP options",
			func(r *Record) value { return truth(r.decoy()) }),
		scanField("scan_id", text, "identification of the scan",
			func(s *ScanInfo) value { return ifKnown(s.ID != "", word(s.ID)) }),
		scanField("shard", integer, "part of the scan, from 0",
			func(s *ScanInfo) value { return number(s.Shard) }),
	}
}

func scanField(name string, k kind, desc string, ofScan func(*ScanInfo) value) Field {
	return Field{Name: name, Type: k.typeName(), Desc: desc, kind: k, get: unbound,
		ofScan: func(s *ScanInfo) func(*Record) value {
			v := ofScan(s)
			return func(*Record) value { return v }
		}}
}

// unbound is the value of a scan's field where no scan is known.
func unbound(*Record) value { return value{} }

// in returns f for the rows of the scan s: get then gives what s says.
func (f Field) in(s *ScanInfo) Field {
	if f.ofScan != nil {
		f.get = f.ofScan(s)
	}
	return f
}

// ifKnown is v if it is known, else null.
func ifKnown(known bool, v value) value {
	if !known {
		return value{}
	}
	return v
}

// room is how many bytes the longest value of a scan's fields takes: JSON writes up to 6 for one, and two quotes.
func (s *ScanInfo) room() int { return 2 + 6*max(len(s.ID), len(s.Engine), len(s.JA4T)) }
