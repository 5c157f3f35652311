package blocklist

import (
	"errors"
	"strings"
	"testing"
	"unicode"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // Range.String
	}{
		{"address", "198.18.0.1", "198.18.0.1"},
		{"lowest address", "0.0.0.0", "0.0.0.0"},
		{"highest address", "255.255.255.255", "255.255.255.255"},
		{"prefix", "198.18.0.0/15", "198.18.0.0/15"},
		{"prefix with host bits set", "198.18.3.4/16", "198.18.0.0/16"},
		{"prefix of one", "198.18.0.1/32", "198.18.0.1"},
		{"prefix of everything", "198.18.0.1/0", "0.0.0.0/0"},
		{"range", "198.18.0.1-198.18.0.9", "198.18.0.1-198.18.0.9"},
		{"range of one", "198.18.0.1-198.18.0.1", "198.18.0.1"},
		{"range that is a prefix", "198.18.0.0-198.18.0.255", "198.18.0.0/24"},
		{"range of everything", "0.0.0.0-255.255.255.255", "0.0.0.0/0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.text)
			if err != nil || got.String() != tt.want {
				t.Errorf("Parse(%q) = %v, %v, want %v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // part of the message
	}{
		{"nothing", "", `"": want an IPv4 address, prefix or range`},
		{"host name", "example.com", `"example.com": host names are not looked up; want an IPv4 address`},
		{"host name with a prefix length", "example.com/24", `"example.com/24": host names are not looked up`},
		{"host name with a hyphen", "my-host.example", `"my-host.example": host names are not looked up`},
		{"range to a letter", "198.18.0.1-198.18.0.x", `"198.18.0.x" is not an IPv4 address`},
		{"three numbers", "198.18.0", "want an IPv4 address"},
		{"number above 255", "198.18.0.256", "want an IPv4 address"},
		{"leading zero", "198.018.0.1", "must not begin with 0"},
		{"leading zero in a range", "198.18.0.1-198.18.00.9", `"198.18.00.9": numbers must not`},
		{"prefix length 33", "10.0.0.0/33", `"10.0.0.0/33": prefix length must be 0 to 32`},
		{"prefix length 2^32", "10.0.0.0/4294967296", "prefix length must be 0 to 32"},
		{"negative prefix length", "10.0.0.0/-1", "prefix length must be 0 to 32"},
		{"signed prefix length", "10.0.0.0/+8", "prefix length must be 0 to 32"},
		{"no prefix length", "10.0.0.0/", "prefix length must be 0 to 32"},
		{"netmask", "10.0.0.0/255.0.0.0", "prefix length must be 0 to 32"},
		{"prefix of a short address", "10/8", `"10" is not an IPv4 address`},
		{"reversed range", "198.18.0.9-198.18.0.1", "want 198.18.0.1-198.18.0.9"},
		{"range without end", "198.18.0.1-", `"" is not an IPv4 address`},
		{"range without beginning", "-198.18.0.1", `"" is not an IPv4 address`},
		{"range by last number", "198.18.0.1-9", `"9" is not an IPv4 address`},
		{"range of prefixes", "198.18.0.1-198.18.0.0/24", `"198.18.0.0/24" is not an IPv4 address`},
		{"blanks around", " 198.18.0.1", "want an IPv4 address"},
		{"blanks in a range", "198.18.0.1 - 198.18.0.9", `"198.18.0.1 " is not an IPv4 address`},
		{"port", "198.18.0.1:80", "want an IPv4 address"},
		{"control bytes", "\x1b[2J\x00", `"\x1b[2J\x00": want an IPv4 address`},
		{"long", strings.Repeat("a", 1<<20), `aaaa"...: want an IPv4 address`},
		{"long, cut inside a character", "a" + strings.Repeat("é", 1000), `ééé"...: want an IPv4 address`},
		{"long, no characters at all", strings.Repeat("\x80", 1000), `\x80"...: want an IPv4 address`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.text)
			parseErr := (*ParseError)(nil)
			if !errors.As(err, &parseErr) || parseErr.Text != tt.text || got != (Range{}) {
				t.Fatalf("Parse(%.80q) = %v, %v, want a *ParseError of the text", tt.text, got, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse(%.80q): %v, want %q in it", tt.text, err, tt.want)
			}
			checkOneLine(t, err)
		})
	}
}

func TestParseSaysThatIPv6IsNotSupported(t *testing.T) {
	for _, text := range []string{
		"::1", "2001:db8::/32", "2001:db8::/200", "2001:db8::1-2001:db8::9", "fe80::1%eth0", "::ffff:192.0.2.1",
	} {
		if _, err := Parse(text); !errors.Is(err, ErrIPv6) || !strings.Contains(err.Error(), "IPv6 is not supported yet") {
			t.Errorf("Parse(%q): %v, want ErrIPv6", text, err)
		}
	}
}

// checkOneLine fails unless err fits one line of a terminal and cannot move its cursor.
func checkOneLine(t *testing.T, err error) {
	t.Helper()
	message := err.Error()
	if len(message) > 700 {
		t.Errorf("message of %d bytes: %.80q...", len(message), message)
	}
	if strings.ContainsFunc(message, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("message with bytes that do not print: %q", message)
	}
}

// FuzzParse holds that what parses comes back the same from its String, and that what does not parse says so in one
// line.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "0.0.0.0", "255.255.255.255/32", "198.18.0.0/15", "198.18.3.4/16", "0.0.0.0-255.255.255.255", "1.2.3.4-1.2.3.5",
		"9.9.9.9-1.1.1.1", "010.0.0.1", "::1", "fe80::1%a/b-c", "10.0.0.0/33", "é\xff\x00\u202e", strings.Repeat("1.", 100),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		if err != nil {
			checkOneLine(t, err)
			return
		}
		if r.First > r.Last {
			t.Fatalf("Parse(%q) = %d to %d", text, r.First, r.Last)
		}
		if back, err := Parse(r.String()); err != nil || back != r {
			t.Errorf("Parse(%q) = %v, but Parse(%q) = %v, %v", text, r, r.String(), back, err)
		}
	})
}
