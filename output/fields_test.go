package output

import (
	"fmt"
	"strings"
	"testing"
)

// zmapFields is ZMap's list for tcp_synscan, in its order, as name and type.
const zmapFields = `saddr string, saddr_raw int, daddr string, daddr_raw int, ipid int, ttl int, sport int, dport int,
	seqnum int, acknum int, window int, tcpopt_mss int, tcpopt_wscale int, tcpopt_sack_perm int, tcpopt_ts_val int,
	tcpopt_ts_ecr int, classification string, success bool, icmp_responder string, icmp_type int, icmp_code int,
	icmp_unreach_str string, rtt string, ja4ts string, ja4t string, repeat bool, cooldown bool,
	timestamp_str string, timestamp_ts int, timestamp_us int`

// ourFields are those that follow.
const ourFields = `vlan int, engine string, decoy bool, scan_id string, shard int`

func names(fields []Field) string {
	var list []string
	for _, f := range fields {
		list = append(list, f.Name)
	}
	return strings.Join(list, ",")
}

func TestFieldsAreZMapsInOrderThenOurs(t *testing.T) {
	want := strings.Split(zmapFields+","+ourFields, ",")
	fields := Fields()
	if len(fields) != len(want) {
		t.Fatalf("len(Fields()) = %d, want %d", len(fields), len(want))
	}
	for i, f := range fields {
		if got := f.Name + " " + f.Type; got != strings.TrimSpace(want[i]) {
			t.Errorf("field %d is %q, want %q", i, got, strings.TrimSpace(want[i]))
		}
		if f.Desc == "" || strings.ContainsAny(f.Desc, "\n") {
			t.Errorf("field %s: Desc = %q, want one line", f.Name, f.Desc)
		}
	}
}

// TestFieldTypes holds what a field says of itself against the values it gives.
func TestFieldTypes(t *testing.T) {
	scan := theScan()
	for _, f := range Fields() {
		f = f.in(&scan)
		seen := false
		for _, r := range allShapes() {
			if v := f.get(&r); v.kind != null {
				seen = true
				if v.kind != f.kind || v.kind.typeName() != f.Type {
					t.Errorf("field %s of a %v gives kind %d, want kind %d, a %s", f.Name, r.Class, v.kind, f.kind, f.Type)
				}
			}
		}
		if !seen {
			t.Errorf("field %s is null for every shape of record", f.Name)
		}
	}
}

func TestDecoy(t *testing.T) {
	tests := []struct {
		name string
		r    Record
		want bool
	}{
		{"window 0 and no options", Record{Class: SYNACK}, true},
		{"a window", Record{Class: SYNACK, Window: 1}, false},
		{"an MSS", Record{Class: SYNACK, HasMSS: true}, false},
		{"a window scale", Record{Class: SYNACK, HasWScale: true}, false},
		{"SACK permitted", Record{Class: SYNACK, HasSACKPerm: true}, false},
		{"a timestamp", Record{Class: SYNACK, HasTS: true}, false},
		{"a refusal, which has window 0 by rights", Record{Class: RST}, false},
		{"an ICMP message", Record{Class: ICMP}, false},
	}
	for _, tt := range tests {
		if got := tt.r.decoy(); got != tt.want {
			t.Errorf("decoy() with %s = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestAppendMillis(t *testing.T) {
	for ns, want := range map[uint64]string{
		1: "0.0", 99_999: "0.0", 100_000: "0.1", 12_399_999: "12.3", 1e9: "1000.0", 1<<63 - 1: "9223372036854.7",
	} {
		if got := string(appendMillis(nil, ns)); got != want {
			t.Errorf("appendMillis(%d) = %s, want %s", ns, got, want)
		}
	}
}

func TestFieldsBelongToTheCaller(t *testing.T) {
	Fields()[0].Name = "changed"
	if got := Fields()[0].Name; got != "saddr" {
		t.Errorf("after a caller wrote to its list, the next begins with %q", got)
	}
}

func TestParseFields(t *testing.T) {
	all := names(Fields())
	tests := []struct {
		name, spec, want string
	}{
		{"one", "saddr", "saddr"},
		{"order is the user's", "timestamp_str,daddr,saddr", "timestamp_str,daddr,saddr"},
		{"blanks around names", " saddr , sport ", "saddr,sport"},
		{"blanks instead of commas, as in ZMap", "saddr sport\tttl", "saddr,sport,ttl"},
		{"empty places are skipped, as in ZMap", ",saddr,,sport,", "saddr,sport"},
		{"the same field twice", "saddr,saddr", "saddr,saddr"},
		{"all", "*", all},
		{"all and one again", "success,*", "success," + all},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseFields(tt.spec)
			if err != nil || names(got) != tt.want {
				t.Errorf("ParseFields(%q) = %s, %v, want %s", tt.spec, names(got), err, tt.want)
			}
		})
	}
}

func TestParseFieldsErrors(t *testing.T) {
	tests := []struct {
		name, spec, want string
	}{
		{"nothing", "", "empty list of output fields"},
		{"only separators", " , ,", "empty list of output fields"},
		{"a letter missing", "saddr,spot", `unknown output field "spot": the nearest is "sport"`},
		{"upper case", "SADDR", `unknown output field "SADDR": the nearest is "saddr"`},
		{"a part of a name", "mss", `unknown output field "mss": the nearest is "tcpopt_mss"`},
		{"a name with more", "timestamp", `unknown output field "timestamp": the nearest is "timestamp_str"`},
		{"not a word", "\x00", `unknown output field "\x00"`},
		{"too many", strings.Repeat("ttl,", MaxFields+1), "more than 128 output fields"},
		{"too many by stars", strings.Repeat("*,", 5), "more than 128 output fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := ParseFields(tt.spec); err == nil || err.Error() != tt.want {
				t.Errorf("ParseFields(%q) = %s, %v, want error %q", tt.spec, names(got), err, tt.want)
			}
		})
	}
	if got, err := ParseFields(strings.Repeat("ttl,", MaxFields)); err != nil || len(got) != MaxFields {
		t.Errorf("ParseFields of %d names = %d fields, %v, want them all", MaxFields, len(got), err)
	}
}

func TestParseFormat(t *testing.T) {
	for _, want := range []Format{CSV, JSON} {
		if got, err := ParseFormat(want.String()); err != nil || got != want {
			t.Errorf("ParseFormat(%q) = %v, %v, want %v", want, got, err, want)
		}
	}
	const want = `unknown output format "jsn": there are csv, json, parquet`
	if _, err := ParseFormat("jsn"); err == nil || err.Error() != want {
		t.Errorf("ParseFormat(\"jsn\"): %v, want %s", err, want)
	}
	if got := Format(9).String(); got != "format 9" {
		t.Errorf("Format(9).String() = %q", got)
	}
}

func TestClassString(t *testing.T) {
	const want = "synack rst icmp unknown"
	if got := fmt.Sprint(SYNACK, " ", RST, " ", ICMP, " ", Class(3)); got != want {
		t.Errorf("classes are %q, want %q", got, want)
	}
}

func TestDefaultFilter(t *testing.T) {
	tests := []struct {
		name string
		r    Record
		want bool
	}{
		{"new hit", Record{Success: true}, true},
		{"new hit in the cool-down", Record{Success: true, Cooldown: true}, true},
		{"hit again", Record{Success: true, Repeat: true}, false},
		{"refused", Record{Class: RST}, false},
		{"unreachable, again", Record{Class: ICMP, Repeat: true}, false},
	}
	for _, tt := range tests {
		if got := DefaultFilter(&tt.r); got != tt.want {
			t.Errorf("DefaultFilter(%s) = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestUnreachable walks over all codes: the sixteen known ones differ, the others are unknown.
func TestUnreachable(t *testing.T) {
	seen := map[string]int{}
	for code := range 256 {
		s := unreachable(uint8(code))
		if (s == "unknown") != (code > 15) {
			t.Errorf("unreachable(%d) = %q", code, s)
		}
		if before, ok := seen[s]; ok && code <= 15 {
			t.Errorf("unreachable(%d) = unreachable(%d) = %q", code, before, s)
		}
		seen[s] = code
	}
	if got, want := unreachable(14), "host presdence violation"; got != want {
		t.Errorf("unreachable(14) = %q, want ZMap's spelling %q", got, want)
	}
}

func TestWindowFactor(t *testing.T) {
	for shift, want := range map[uint8]uint64{0: 1, 8: 256, 14: 16384, 15: 32768, 62: 1 << 62, 63: 1 << 62, 255: 1 << 62} {
		if got := windowFactor(shift); got != want {
			t.Errorf("windowFactor(%d) = %d, want %d", shift, got, want)
		}
	}
}

func TestEdits(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "ttl", 3}, {"ttl", "", 3}, {"ttl", "ttl", 0},
		{"sadr", "saddr", 1}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2},
	}
	for _, tt := range tests {
		if got := edits(tt.a, tt.b); got != tt.want {
			t.Errorf("edits(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
