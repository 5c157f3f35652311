package output

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

// What other tools do with our rows: each reader here follows the rules of the tool it is named for, and reads a golden
// file, so that a row cannot change without the tool's opinion being asked.

// lzrPacket has the names and types that LZR unmarshals a line of ZMap's into. As encoding/json takes keys in any case,
// its fields that are not meant for the line are here, too: a key of ours that met one would be an error or worse.
type lzrPacket struct {
	Saddr  string `json:"saddr"`
	Daddr  string `json:"daddr"`
	Sport  int    `json:"sport"`
	Dport  int    `json:"dport"`
	Seqnum int    `json:"seqnum"`
	Acknum int    `json:"acknum"`
	Window int    `json:"window"`

	Counter, HandshakeNum             int
	ACK, ACKed, SYN, RST, FIN, PUSH   bool
	Timestamp                         time.Time
	Fingerprint, ExpectedRToLZR, Data string
	AckingFirewall                    bool
}

func readAsLZR(t *testing.T, lines []byte) []lzrPacket {
	t.Helper()
	var packets []lzrPacket
	for s := bufio.NewScanner(bytes.NewReader(lines)); s.Scan(); {
		var p lzrPacket
		if err := json.Unmarshal(s.Bytes(), &p); err != nil { // on which LZR exits
			t.Fatalf("%s: %v", s.Bytes(), err)
		}
		packets = append(packets, p)
	}
	return packets
}

// TestLZRReadsOurRows takes the rows of the command line in LZR's manual, and those with every field.
func TestLZRReadsOurRows(t *testing.T) {
	want := []lzrPacket{{
		Saddr: "198.18.1.1", Daddr: "198.18.0.1", Sport: 443, Dport: 50448,
		Seqnum: 4294967295, Acknum: 2737955191, Window: 65535,
	}}
	if got := readAsLZR(t, golden(t, "lzr.json")); !reflect.DeepEqual(got, want) {
		t.Errorf("LZR reads %+v, want %+v", got, want)
	}
	if got := readAsLZR(t, golden(t, "all.json")); len(got) != 4 || !reflect.DeepEqual(got[:1], want) {
		t.Errorf("of all fields, LZR reads %+v, want 4 packets, the first of them %+v", got, want[0])
	}
}

// readAsZGrab2 reads targets as zgrab2 does: IP, DOMAIN, TAG, PORT, of which those at the end may be missing. A row of
// one column that is no address is a domain.
func readAsZGrab2(rows io.Reader) (targets []string, err error) {
	r := csv.NewReader(rows)
	r.Comment, r.FieldsPerRecord = '#', -1
	for {
		row, err := r.Read()
		if err == io.EOF {
			return targets, nil
		}
		if err != nil {
			return targets, err
		}
		if len(row) > 4 {
			return targets, fmt.Errorf("%d fields: %q", len(row), row)
		}
		row = append(row, "", "", "")
		ip := net.ParseIP(strings.TrimSpace(row[0]))
		if ip == nil {
			targets = append(targets, "domain "+row[0])
			continue
		}
		targets = append(targets, fmt.Sprintf("ip %v domain %s tag %s port %s", ip, row[1], row[2], row[3]))
	}
}

func TestZGrab2ReadsOurRows(t *testing.T) {
	tests := []struct {
		name, rows string
		want       []string
	}{
		{"the default for one port", string(golden(t, "default-one-port.csv")),
			[]string{"ip 198.18.1.1 domain  tag  port "}},
		{"the default for many, spread over zgrab2's columns with sed s/,/,,,/",
			strings.ReplaceAll(string(golden(t, "default-many-ports.csv")), ",", ",,,"),
			[]string{"ip 198.18.1.1 domain  tag  port 443"}},
		{"the default for many as it is: zgrab2 has the domain second", string(golden(t, "default-many-ports.csv")),
			[]string{"ip 198.18.1.1 domain 443 tag  port "}},
		{"a header is a domain to zgrab2, hence ZMap's --no-header-row", string(golden(t, "zgrab2-header.csv")),
			[]string{"domain saddr", "ip 198.18.1.1 domain  tag  port "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readAsZGrab2(strings.NewReader(tt.rows))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("zgrab2 reads %q as %q, %v, want %q", tt.rows, got, err, tt.want)
			}
		})
	}
}
