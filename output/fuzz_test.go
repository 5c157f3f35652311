package output

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"
)

// expectation says what the fields of r must read as, by name and the slow way: formatted by the standard library,
// bools as "true" and "false", and null fields absent. Fields of the scan are for others.
func expectation(r Record, loc *time.Location) map[string]string {
	dotted := func(addr uint32) (netip.Addr, string) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], addr)
		return netip.AddrFrom4(b), fmt.Sprint(binary.LittleEndian.Uint32(b[:]))
	}
	want := map[string]string{}
	set := func(name string, v any) { want[name] = fmt.Sprint(v) }

	saddr, saddrRaw := dotted(r.Saddr)
	daddr, daddrRaw := dotted(r.Daddr)
	set("saddr", saddr)
	set("saddr_raw", saddrRaw)
	set("daddr", daddr)
	set("daddr_raw", daddrRaw)
	set("ipid", r.IPID)
	set("ttl", r.TTL)
	set("sport", r.Sport)
	set("dport", r.Dport)
	set("classification", []string{"synack", "rst", "icmp"}[r.Class])
	set("success", r.Success)
	set("repeat", r.Repeat)
	set("cooldown", r.Cooldown)
	at := time.Unix(0, r.Time)
	if r.Time < 0 {
		at = time.Unix(0, 0)
	}
	set("timestamp_str", at.In(loc).Format("2006-01-02T15:04:05.000-0700"))
	set("timestamp_ts", at.Unix())
	set("timestamp_us", at.Nanosecond()/1000)
	bare := !r.HasMSS && !r.HasWScale && !r.HasSACKPerm && !r.HasTS
	set("decoy", r.Class == SYNACK && r.Window == 0 && bare)
	if r.VLAN > 0 {
		set("vlan", r.VLAN)
	}

	if r.Class == ICMP {
		responder, _ := dotted(r.ICMPResponder)
		set("icmp_responder", responder)
		set("icmp_type", r.ICMPType)
		set("icmp_code", r.ICMPCode)
		set("icmp_unreach_str", unreachable(r.ICMPCode))
		return want
	}
	set("seqnum", r.Seqnum)
	set("acknum", r.Acknum)
	set("window", r.Window)
	if r.RTT > 0 {
		tenths := r.RTT / int64(100*time.Microsecond)
		set("rtt", fmt.Sprintf("%d.%d", tenths/10, tenths%10))
	}
	if r.Class == SYNACK && r.HasOptionKinds {
		set("ja4ts", slowJA4(&r))
	}
	if r.HasMSS {
		set("tcpopt_mss", r.MSS)
	}
	if r.HasWScale {
		set("tcpopt_wscale", fmt.Sprintf("%.0f", math.Pow(2, min(float64(r.WScale), 62))))
	}
	if r.HasSACKPerm {
		set("tcpopt_sack_perm", 1)
	}
	if r.HasTS {
		set("tcpopt_ts_val", r.TSVal)
		set("tcpopt_ts_ecr", r.TSEcr)
	}
	return want
}

// FuzzRecord writes one record in both formats, twice each, and reads the rows with the standard library.
func FuzzRecord(f *testing.F) {
	f.Add(int64(0), int64(0), uint32(0), uint32(0), uint32(0), uint32(0), uint32(0), uint64(0), uint64(0), uint16(0))
	f.Add(int64(1795294986331198000), int64(12345678), uint32(0xc6120101), uint32(0xc6120001), uint32(1), uint32(2),
		uint32(3), uint64(4), uint64(5), uint16(0xffff))
	f.Add(int64(-1), int64(-1), ^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0), ^uint64(0), ^uint64(0),
		^uint16(0)-1)
	f.Fuzz(func(t *testing.T, at, rtt int64, saddr, daddr, seq, ack, responder uint32, ports, rest uint64, flags uint16) {
		bit := func(n int) bool { return flags>>n&1 != 0 }
		r := Record{
			Time: at, RTT: rtt, VLAN: uint16(rest >> 48),
			Saddr: saddr, Daddr: daddr, Seqnum: seq, Acknum: ack, ICMPResponder: responder,
			Sport: uint16(ports), Dport: uint16(ports >> 16), IPID: uint16(ports >> 32), Window: uint16(ports >> 48),
			TTL: uint8(rest), WScale: uint8(rest >> 8), ICMPType: uint8(rest >> 16), ICMPCode: uint8(rest >> 24),
			MSS: uint16(rest >> 32), TSVal: uint32(rest >> 16), TSEcr: uint32(rest >> 32),
			Class: Class(flags % 3), HasMSS: bit(2), HasWScale: bit(3), HasSACKPerm: bit(4), HasTS: bit(5),
			Success: bit(6), Repeat: bit(7), Cooldown: bit(8), HasOptionKinds: bit(9), NumOptions: uint8(rest>>40) % (MaxOptions + 1),
		}
		for i := range r.NumOptions {
			r.OptionKinds[i] = uint8(ports >> (i % 8 * 8))
		}
		want := expectation(r, time.UTC)
		want["engine"], want["scan_id"], want["shard"] = "xsk", "5f0c", "3"
		if r.Class != ICMP {
			want["ja4t"] = theScan().JA4T
		}
		checkJSON(t, render(t, Config{Format: JSON, Fields: Fields(), Scan: theScan()}, r, r), want)
		checkCSV(t, render(t, Config{Fields: Fields(), Header: true, Scan: theScan()}, r, r), want)
	})
}

func checkJSON(t *testing.T, out []byte, want map[string]string) {
	t.Helper()
	lines := bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
	if len(lines) != 2 || !bytes.Equal(lines[0], lines[1]) {
		t.Fatalf("two equal records give %q", out)
	}
	d := json.NewDecoder(bytes.NewReader(lines[0]))
	d.UseNumber()
	var got map[string]any
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%s: %v", lines[0], err)
	}
	if len(got) != len(want) {
		t.Errorf("%s has %d fields, want %d", lines[0], len(got), len(want))
	}
	for _, f := range Fields() {
		v, ok := got[f.Name]
		if w, wanted := want[f.Name]; ok != wanted || ok && fmt.Sprint(v) != w {
			t.Errorf("JSON %s = %v (present: %v), want %q (present: %v)", f.Name, v, ok, w, wanted)
		}
		if _, isString := v.(string); ok && isString != (f.Type == "string") {
			t.Errorf("JSON %s = %T, want %s", f.Name, v, f.Type)
		}
	}
}

func checkCSV(t *testing.T, out []byte, want map[string]string) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%q reads as %d rows, %v, want header and two", out, len(rows), err)
	}
	digit := map[string]string{"true": "1", "false": "0"}
	for i, f := range Fields() {
		w := want[f.Name] // absent is empty
		if f.Type == "bool" {
			w = digit[w]
		}
		if rows[0][i] != f.Name || rows[1][i] != w || rows[2][i] != w {
			t.Errorf("CSV column %d is %q: %q, %q, want %q: %q", i, rows[0][i], rows[1][i], rows[2][i], f.Name, w)
		}
	}
}
