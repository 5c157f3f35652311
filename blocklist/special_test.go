package blocklist

import (
	"strings"
	"testing"
)

func TestSpecialSetIsWhatZMapInstalls(t *testing.T) {
	want := parseSet(t, `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
		192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
		255.255.255.255/32`)
	if got := SpecialSet(); text(got) != text(want) {
		t.Errorf("SpecialSet:\n got %s\nwant %s", text(got), text(want))
	}
	// What an Internet-wide scan has left: 2^32 less the addresses of the list above, added up by hand.
	if got := All().Minus(SpecialSet()).Len(); got != 3_702_258_432 {
		t.Errorf("%d addresses are left to scan, want 3702258432", got)
	}
}

func TestSpecialFor(t *testing.T) {
	tests := []struct {
		addr     string
		want     string // range, name and RFC of the entry; empty for none
		excluded bool
	}{
		{"0.0.0.0", `0.0.0.0 ("This host on this network", RFC 1122, section 3.2.1.3)`, true},
		{"0.0.0.1", `0.0.0.0/8 ("This network", RFC 791, section 3.2)`, true},
		{"9.255.255.255", "", false},
		{"10.0.0.0", "10.0.0.0/8 (Private-Use, RFC 1918)", true},
		{"11.0.0.0", "", false},
		{"192.0.0.7", "192.0.0.0/29 (IPv4 Service Continuity Prefix, RFC 7335)", true},
		{"192.0.0.9", "192.0.0.9 (Port Control Protocol Anycast, RFC 7723)", true},
		{"192.0.0.11", "192.0.0.0/24 (IETF Protocol Assignments, RFC 6890, section 2.1)", true},
		{"192.31.196.1", "192.31.196.0/24 (AS112-v4, RFC 7535)", false},
		{"192.88.99.1", "192.88.99.0/24 (Deprecated (6to4 Relay Anycast), RFC 7526)", true},
		{"192.175.48.1", "192.175.48.0/24 (Direct Delegation AS112 Service, RFC 7534)", false},
		{"198.19.255.255", "198.18.0.0/15 (Benchmarking, RFC 2544)", true},
		{"203.0.113.7", "203.0.113.0/24 (Documentation (TEST-NET-3), RFC 5737)", true},
		{"223.255.255.255", "", false},
		{"224.0.0.1", "224.0.0.0/4 (Multicast, RFC 5771)", true},
		{"255.255.255.254", "240.0.0.0/4 (Reserved, RFC 1112, section 4)", true},
		{"255.255.255.255", "255.255.255.255 (Limited Broadcast, RFC 8190, RFC 919, section 7)", true},
	}
	for _, tt := range tests {
		r, err := Parse(tt.addr)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := SpecialFor(r.First)
		got := ""
		if ok {
			got = e.Range.String() + " (" + e.Name + ", " + e.RFC + ")"
		}
		if got != tt.want || e.Excluded != tt.excluded {
			t.Errorf("SpecialFor(%s) = %s, excluded %v, want %s, %v", tt.addr, got, e.Excluded, tt.want, tt.excluded)
		}
	}
}

// TestSpecialPurposeTable holds the rules that the table follows, and on which SpecialFor relies.
func TestSpecialPurposeTable(t *testing.T) {
	table := SpecialPurpose()
	set, assignments := SpecialSet(), parseSet(t, "192.0.0.0/24")
	for i, e := range table {
		if _, ok := e.Range.Prefix(); !ok || e.Name == "" || !strings.HasPrefix(e.RFC, "RFC ") {
			t.Errorf("entry %d is not complete: %+v", i, e)
		}
		if want := !e.Global || assignments.Contains(e.Range.First); e.Excluded != want {
			t.Errorf("%v: excluded %v, want %v", e.Range, e.Excluded, want)
		}
		if set.Contains(e.Range.First) != e.Excluded || set.Contains(e.Range.Last) != e.Excluded {
			t.Errorf("%v: excluded %v, but SpecialSet says otherwise", e.Range, e.Excluded)
		}
		if i > 0 {
			before := table[i-1].Range
			if e.Range.First < before.First || e.Range.First == before.First && e.Range.Len() >= before.Len() {
				t.Errorf("%v stands behind %v", e.Range, before)
			}
		}
	}
}

func TestSpecialPurposeReturnsACopy(t *testing.T) {
	SpecialPurpose()[0] = Special{}
	if SpecialPurpose()[0] == (Special{}) {
		t.Error("a caller changed the registry")
	}
}
