package output

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// render writes records through a Writer of its own and returns what came out.
func render(t testing.TB, cfg Config, records ...Record) []byte {
	t.Helper()
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, cfg)
	if err != nil {
		t.Fatalf("NewWriter: %v", err)
	}
	for i := range records {
		if err := w.Write(&records[i]); err != nil {
			t.Fatalf("Write of record %d: %v", i, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return out.Bytes()
}

// TestGolden compares whole outputs, every shape of record in each, with files a person has read.
func TestGolden(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	newfoundland := time.FixedZone("", -(3*3600 + 1800))
	tests := []struct {
		file string
		cfg  Config
	}{
		{"all.csv", Config{Fields: Fields(), Header: true, Scan: theScan()}},
		{"all.json", Config{Format: JSON, Fields: Fields(), Scan: theScan()}},
		{"scan-unknown.csv", Config{Fields: mustParse(t, "saddr,engine,scan_id,shard")}},
		{"scan-unknown.json", Config{Format: JSON, Fields: mustParse(t, "saddr,engine,scan_id,shard")}},
		{"scan-quoted.csv", Config{Fields: mustParse(t, "scan_id"), Scan: ScanInfo{ID: `all of "it", twice`}}},
		{"scan-quoted.json", Config{Format: JSON, Fields: mustParse(t, "scan_id"), Scan: ScanInfo{ID: `"it"`}}},
		{"json-ignores-header.json", Config{Format: JSON, Fields: mustParse(t, "saddr,classification"), Header: true}},
		{"default-one-port.csv", Config{Fields: DefaultFields(1), Only: DefaultFilter}},
		{"default-many-ports.csv", Config{Fields: DefaultFields(2), Only: DefaultFilter}},
		{"zone-east.csv", Config{Fields: mustParse(t, "saddr,timestamp_str,timestamp_ts"), Location: berlin}},
		{"zone-west.json", Config{Format: JSON, Fields: mustParse(t, "timestamp_str"), Location: newfoundland}},
		{"lzr.json", Config{Format: JSON, Only: mustFilter(t, "success = 1 && repeat = 0").Match, // what LZR asks ZMap for
			Fields: mustParse(t, "saddr,daddr,sport,dport,seqnum,acknum,window")}},
		{"zgrab2-header.csv", Config{Only: mustFilter(t, "success = 1 && repeat = 0").Match, Header: true,
			Fields: mustParse(t, "saddr")}},
		{"filtered.csv", Config{Only: mustFilter(t, "!success && saddr in 198.18.0.0/15").Match, Header: true,
			Fields: mustParse(t, "saddr,sport,classification")}},
		{"repeated-field.csv", Config{Fields: mustParse(t, "sport,saddr,sport"), Header: true}},
		{"repeated-field.json", Config{Format: JSON, Fields: mustParse(t, "sport,saddr,sport")}},
		{"null-only.csv", Config{Fields: mustParse(t, "icmp_code")}},
		{"null-only.json", Config{Format: JSON, Fields: mustParse(t, "icmp_code")}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			compareGolden(t, tt.file, render(t, tt.cfg, allShapes()...))
		})
	}
}

// TestFieldListGolden compares what --list-output-fields prints with a file a person has read.
func TestFieldListGolden(t *testing.T) {
	compareGolden(t, "field-list", []byte(FieldList()))
}

// compareGolden compares got with a golden file, or makes it the file.
func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := golden(t, file); !bytes.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", path, got, want)
	}
}

// golden returns what a golden file holds.
func golden(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file+".golden"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The rows below were observed from ZMap 4.3 on a private network of 10.9.0.0/24 and 11.0.1.0/24.
const (
	zmapJSON = `{"saddr":"11.0.1.1","saddr_raw":16842763,"daddr":"10.9.0.1","daddr_raw":16779530,"ipid":0,"ttl":64,"sport":80,"dport":50448,"seqnum":2898018512,"acknum":2737955191,"window":64240,"tcpopt_mss":1460,"tcpopt_wscale":1024,"tcpopt_sack_perm":1,"classification":"synack","success":true,"repeat":false,"cooldown":true,"timestamp_str":"2026-11-21T21:03:06.331+0000","timestamp_ts":1795294986,"timestamp_us":331198}
`
	zmapCSV = `saddr,saddr_raw,daddr,daddr_raw,ipid,ttl,sport,dport,seqnum,acknum,window,tcpopt_mss,tcpopt_wscale,tcpopt_sack_perm,tcpopt_ts_val,tcpopt_ts_ecr,classification,success,icmp_responder,icmp_type,icmp_code,icmp_unreach_str,repeat,cooldown,timestamp_str,timestamp_ts,timestamp_us
11.0.1.12,201392139,10.9.0.1,16779530,0,64,81,45724,0,366341477,0,,,,,,rst,0,,,,,0,1,2026-11-21T21:02:59.959+0000,1795294979,959995
`
)

// TestRowsAreZMaps writes the answers behind two rows of ZMap and wants the same bytes. The columns are those of the
// version observed, which did not have an rtt.
func TestRowsAreZMaps(t *testing.T) {
	header, _, _ := strings.Cut(zmapCSV, "\n")
	fields := mustParse(t, header)
	synack := Record{
		Time:  1795294986331198000,
		Saddr: 0x0b000101, Daddr: 0x0a090001, TTL: 64, Sport: 80, Dport: 50448,
		Seqnum: 2898018512, Acknum: 2737955191, Window: 64240,
		HasMSS: true, MSS: 1460, HasWScale: true, WScale: 10, HasSACKPerm: true,
		Class: SYNACK, Success: true, Cooldown: true,
	}
	if got := render(t, Config{Format: JSON, Fields: fields}, synack); string(got) != zmapJSON {
		t.Errorf("JSON:\n got %s\nwant %s", got, zmapJSON)
	}
	rst := Record{
		Time:  1795294979959995000,
		Saddr: 0x0b00010c, Daddr: 0x0a090001, TTL: 64, Sport: 81, Dport: 45724, Acknum: 366341477,
		Class: RST, Cooldown: true,
	}
	if got := render(t, Config{Fields: fields, Header: true}, rst); string(got) != zmapCSV {
		t.Errorf("CSV:\n got %s\nwant %s", got, zmapCSV)
	}
}
