package output

import (
	"encoding/csv"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendCSVText(t *testing.T) {
	for s, want := range map[string]string{
		"":               "",
		"host unknown":   "host unknown",
		"a,b":            `"a,b"`,
		`say "hi"`:       `"say ""hi"""`,
		"two\nlines":     "\"two\nlines\"",
		"carriage\rback": "\"carriage\rback\"",
	} {
		if got := string(appendCSVText(nil, s)); got != want {
			t.Errorf("appendCSVText(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestAppendJSONText(t *testing.T) {
	for s, want := range map[string]string{
		"":           `""`,
		"synack":     `"synack"`,
		`"\`:         `"\"\\"`,
		"a\nb\x00":   `"a\u000ab\u0000"`,
		"<&>/ü":      `"<&>/ü"`,
		"\xff\xfeok": `"` + "\uFFFD" + `ok"`,
	} {
		if got := string(appendJSONText(nil, s)); got != want {
			t.Errorf("appendJSONText(%q) = %s, want %s", s, got, want)
		}
	}
}

// FuzzText reads back what is written, with the decoders of the standard library.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a,b", `"`, "\n", "\r", "\\", "\xff", "\u2028", "\x7f", "host unknown"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal(appendJSONText(nil, s), &back); err != nil {
			t.Fatalf("JSON of %q: %v", s, err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); back != want {
			t.Errorf("JSON of %q reads %q", s, back)
		}
		if strings.Contains(s, "\r") || !utf8.ValidString(s) {
			return // encoding/csv turns \r\n into \n even inside quotes
		}
		line := string(appendCSVText([]byte("first,"), s)) + "\n"
		row, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil || len(row) != 2 || row[1] != s {
			t.Errorf("CSV of %q reads %q, %v", s, row, err)
		}
		if rows, end := wholeRows([]byte(line+line), CSV); rows != 2 || end != 2*len(line) {
			t.Errorf("wholeRows of two rows with %q = %d rows, %d bytes, want 2, %d", s, rows, end, 2*len(line))
		}
	})
}

func TestAppendDotted(t *testing.T) {
	for n := range 256 { // every octet in every place
		a := [4]byte{byte(n), byte(n + 1), byte(n + 2), byte(n + 3)}
		addr := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
		if got, want := string(appendDotted(nil, addr)), netip.AddrFrom4(a).String(); got != want {
			t.Errorf("appendDotted(%#08x) = %s, want %s", addr, got, want)
		}
	}
}
