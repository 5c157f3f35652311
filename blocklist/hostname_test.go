package blocklist

import (
	"strings"
	"testing"
)

func TestIsHostName(t *testing.T) {
	label63, label64 := strings.Repeat("a", 63), strings.Repeat("a", 64)
	tests := []struct {
		name string
		text string
		want bool
	}{
		{"two labels", "example.com", true},
		{"one label", "localhost", true},
		{"capitals, digits, hyphens", "WWW-2.3com.example", true},
		{"dot at the end", "example.com.", true},
		{"underscore", "_dmarc.my_host.example", true},
		{"punycode", "xn--bcher-kva.example", true},
		{"one label that begins with a digit", "3com", true},
		{"numbers before a real end", "198.18.0.1.nip.example", true},
		{"hyphenated address before a real end", "198-18-0-1.example", true},
		{"longest label", label63 + ".example", true},
		{"253 characters", strings.Repeat("a.", 125) + "com", true},
		{"253 characters and a dot", strings.Repeat("a.", 125) + "com.", true},

		{"nothing", "", false},
		{"a dot", ".", false},
		{"empty label", "example..com", false},
		{"dot in front", ".example.com", false},
		{"two dots at the end", "example.com..", false},
		{"label too long", label64 + ".example", false},
		{"254 characters", strings.Repeat("a.", 125) + "exam", false},
		{"hyphen in front", "-a.example", false},
		{"hyphen at the end of a label", "a-.example", false},
		{"blank", "exa mple.com", false},
		{"colon", "example.com:80", false},
		{"slash", "example.com/24", false},
		{"star", "*.example.com", false},
		{"not ASCII", "bücher.example", false},
		{"no letter", "198-18", false},
		{"digits and dots", "198.18.0.300", false},
		{"too few numbers", "10.0.0", false},
		{"too many numbers", "1.2.3.4.5", false},
		{"a letter for the last number", "198.18.0.x", false},
		{"a letter O for a zero", "198.18.O.1", false},
		{"a letter in the last number", "198.18.0.1x", false},
		{"hexadecimal numbers", "0xc6.0x12.0.0x1", false},
		{"range with a bad end", "198.18.0.1-198.18.0.xx", false},
		{"range to a word", "198.18.0.1-lab.example", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := isHostName(tt.text); got != tt.want {
				t.Errorf("isHostName(%q) = %v, want %v", tt.text, got, tt.want)
			}
		})
	}
}
