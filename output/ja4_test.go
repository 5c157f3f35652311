package output

import (
	"fmt"
	"strings"
	"testing"
)

// slowJA4 is JA4 put together from texts.
func slowJA4(r *Record) string {
	var kinds []string
	for _, kind := range r.OptionKinds[:r.NumOptions] {
		kinds = append(kinds, fmt.Sprint(kind))
	}
	if len(kinds) == 0 {
		kinds = []string{"00"}
	}
	parts := []string{fmt.Sprint(r.Window), strings.Join(kinds, "-"), "00", "00"}
	if r.HasMSS {
		parts[2] = fmt.Sprint(r.MSS)
	}
	if r.HasWScale {
		parts[3] = fmt.Sprint(r.WScale)
	}
	return strings.Join(parts, "_")
}

// segment is a SYN-ACK or SYN with these options. An mss or scale of -1 is none.
func segment(window uint16, kinds []byte, mss, scale int) Record {
	r := Record{Class: SYNACK, Window: window, HasOptionKinds: true}
	r.NumOptions = uint8(copy(r.OptionKinds[:], kinds))
	if mss >= 0 {
		r.HasMSS, r.MSS = true, uint16(mss)
	}
	if scale >= 0 {
		r.HasWScale, r.WScale = true, uint8(scale)
	}
	return r
}

// TestJA4 has the fingerprints that FoxIO publishes, and some that it does not.
func TestJA4(t *testing.T) {
	tests := []struct {
		name string
		r    Record
		want string
	}{
		{"Linux", segment(65535, []byte{2, 4, 8, 1, 3}, 1460, 7), "65535_2-4-8-1-3_1460_7"},
		{"Linux in AWS", segment(62727, []byte{2, 4, 8, 1, 3}, 8961, 7), "62727_2-4-8-1-3_8961_7"},
		{"Windows 10", segment(64240, []byte{2, 1, 3, 1, 1, 4}, 1460, 8), "64240_2-1-3-1-1-4_1460_8"},
		{"Windows 2003", segment(16384, []byte{2, 1, 3, 1, 1, 8, 1, 1, 4}, 1460, 0), "16384_2-1-3-1-1-8-1-1-4_1460_0"},
		{"macOS", segment(65535, []byte{2, 1, 3, 1, 1, 8, 4, 0, 0}, 1460, 6), "65535_2-1-3-1-1-8-4-0-0_1460_6"},
		{"HP iLO, with an MSS alone", segment(5840, []byte{2}, 1460, -1), "5840_2_1460_00"},
		{"no options", segment(1024, nil, -1, -1), "1024_00_00_00"},
		{"no options and no window", segment(0, nil, -1, -1), "0_00_00_00"},
		{"padding alone", segment(1024, []byte{0, 0, 0, 0}, -1, -1), "1024_0-0-0-0_00_00"},
		{"a value of zero is not none", segment(1, []byte{3, 2}, 0, 0), "1_3-2_0_0"},
		{"an MSS cut off", segment(1, []byte{4, 2}, -1, -1), "1_4-2_00_00"},
		{"forty options", segment(1, make([]byte, MaxOptions), -1, -1), "1_0" + strings.Repeat("-0", MaxOptions-1) + "_00_00"},
	}
	for _, tt := range tests {
		if got := tt.r.JA4(); got != tt.want {
			t.Errorf("%s: JA4() = %s, want %s", tt.name, got, tt.want)
		}
	}
}

// FuzzJA4 compares with slowJA4, in a row and in a filter.
func FuzzJA4(f *testing.F) {
	f.Add(uint16(0), []byte{}, -1, -1)
	f.Add(uint16(65160), []byte{2, 4, 8, 1, 3}, 1460, 7)
	f.Add(uint16(65535), []byte{255, 254, 30}, 65535, 255)
	f.Fuzz(func(t *testing.T, window uint16, kinds []byte, mss, scale int) {
		r := segment(window, kinds, mss, scale)
		want := slowJA4(&r)
		if got := r.JA4(); got != want {
			t.Errorf("JA4() of %+v = %s, want %s", r, got, want)
		}
		if got := string(render(t, Config{Fields: mustParse(t, "ja4ts")}, r)); got != want+"\n" {
			t.Errorf("ja4ts of %+v = %q, want %s", r, got, want)
		}
		for filter, keeps := range map[string]bool{
			`ja4ts = "` + want + `"`: true, `ja4ts in ("x", '` + want + `')`: true, `ja4ts != "` + want + `0"`: true,
			`ja4ts != "` + want + `"`: false, `ja4ts = "` + want[1:] + `"`: false,
		} {
			if got := mustFilter(t, filter).Match(&r); got != keeps {
				t.Errorf("filter %s of %s: %v", filter, want, got)
			}
		}
	})
}

// TestJA4IsNullUnlessAskedFor has neither fingerprint where nobody wants one, and those of a SYN-ACK or of the probe not
// with other answers.
func TestJA4IsNullUnlessAskedFor(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Record)
		scan   ScanInfo
		want   string
	}{
		{"both", func(*Record) {}, theScan(), "65535_2-4-8-1-3_1460_7,65535_2-4-8-1-3_1460_7\n"},
		{"that of the answer", func(*Record) {}, ScanInfo{}, "65535_2-4-8-1-3_1460_7,\n"},
		{"that of the probe", func(r *Record) { r.HasOptionKinds = false }, theScan(), ",65535_2-4-8-1-3_1460_7\n"},
		{"neither", func(r *Record) { r.HasOptionKinds = false }, ScanInfo{}, ",\n"},
		{"a refusal", func(r *Record) { r.Class = RST }, theScan(), ",65535_2-4-8-1-3_1460_7\n"},
		{"an ICMP error", func(r *Record) { r.Class = ICMP }, theScan(), ",\n"},
	}
	for _, tt := range tests {
		r := synackAllOptions()
		tt.change(&r)
		if got := string(render(t, Config{Fields: mustParse(t, "ja4ts,ja4t"), Scan: tt.scan}, r)); got != tt.want {
			t.Errorf("%s: ja4ts,ja4t = %q, want %q", tt.name, got, tt.want)
		}
	}
}
