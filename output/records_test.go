package output

import (
	"testing"
	"time"
)

// The records of the golden files, one for every shape a row can have. Addresses are from 198.18.0.0/15.

func synackAllOptions() Record {
	return Record{
		Time:  time.Date(2026, 11, 21, 21, 3, 6, 331198765, time.UTC).UnixNano(),
		Saddr: 0xc6120101, Daddr: 0xc6120001, IPID: 54321, TTL: 57,
		Sport: 443, Dport: 50448, Seqnum: 4294967295, Acknum: 2737955191, Window: 65535,
		HasMSS: true, MSS: 1460, HasWScale: true, WScale: 7, HasSACKPerm: true,
		HasTS: true, TSVal: 3735928559, TSEcr: 1795294986,
		RTT: 12345678, VLAN: 42, HasOptionKinds: true, NumOptions: 5, OptionKinds: [MaxOptions]uint8{2, 4, 8, 1, 3},
		Class: SYNACK, Success: true,
	}
}

func synackBare() Record {
	return Record{
		Time:  time.Date(2026, 11, 21, 21, 3, 7, 0, time.UTC).UnixNano(),
		Saddr: 0xc6120102, Daddr: 0xc6120001, TTL: 255,
		Sport: 80, Dport: 32768, Seqnum: 1, Acknum: 2, HasOptionKinds: true,
		Class: SYNACK, Success: true, Repeat: true,
	}
}

func rst() Record {
	return Record{
		Time:  time.Date(2026, 11, 21, 21, 3, 7, 999999999, time.UTC).UnixNano(),
		Saddr: 0xc613fffe, Daddr: 0xc6120001, IPID: 7, TTL: 64,
		Sport: 22, Dport: 61000, Acknum: 366341477, HasOptionKinds: true, // it has no fingerprint all the same
		Class: RST, Cooldown: true,
	}
}

func icmp() Record {
	return Record{
		Time:  time.Date(2026, 11, 21, 21, 3, 8, 5e6, time.UTC).UnixNano(),
		Saddr: 0xc6120a0b, Daddr: 0xc6120001, IPID: 99, TTL: 61,
		Sport: 8080, Dport: 40000, Seqnum: 5, Acknum: 6, Window: 7, // the last three do not show
		HasMSS: true, MSS: 9, RTT: 8, HasOptionKinds: true, // nor does an option, a round trip or a fingerprint
		Class: ICMP, ICMPResponder: 0xc61200fe, ICMPType: 3, ICMPCode: 13,
	}
}

// theScan is the scan of the golden files.
func theScan() ScanInfo {
	return ScanInfo{ID: "5f0c", Engine: "xsk", Shard: 3, JA4T: "65535_2-4-8-1-3_1460_7"}
}

func allShapes() []Record { return []Record{synackAllOptions(), synackBare(), rst(), icmp()} }

// mustParse is ParseFields for lists the test knows to be right.
func mustParse(t testing.TB, spec string) []Field {
	t.Helper()
	fields, err := ParseFields(spec)
	if err != nil {
		t.Fatalf("ParseFields(%q): %v", spec, err)
	}
	return fields
}

// vary makes r the n-th answer of a scan: what is random in a scan is so here, and the rest takes few values.
func vary(r *Record, n uint64) {
	h := (n + 1) * 0x9e3779b97f4a7c15
	h = (h ^ h>>31) * 0xbf58476d1ce4e5b9
	h ^= h >> 29
	r.Time += 5e3 // 200,000 a second
	r.Saddr = 0xc6120000 | uint32(h)&0x1ffff
	r.Seqnum, r.Acknum = uint32(h>>32), uint32(h>>7)
	r.Dport = 32768 + uint16(h>>40)&0x3fff
	r.TTL = 40 + uint8(h>>50)&15
	r.TSVal = uint32(h >> 20)
}
