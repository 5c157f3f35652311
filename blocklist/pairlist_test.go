package blocklist

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// pairsOf reads text with l, from standard input.
func pairsOf(l Loader, text string) (*Pairs, error) {
	l.Stdin = strings.NewReader(text)
	return l.Pairs(context.Background(), "-")
}

func TestLoaderPairs(t *testing.T) {
	tests := []struct {
		name string
		file string
		want string // the targets, joined by blanks
	}{
		{"empty file", "", ""},
		{"comments and nothing else", "\ufeff# head\r\n\r\n \t\n", ""},
		{"colon", "198.18.0.1:80\n", "198.18.0.1:80"},
		{"comma", "198.18.0.1,80\n", "198.18.0.1:80"},
		{"no end of the last line, CRLF", "198.18.0.1:80\r\n198.18.0.2,81", "198.18.0.1:80 198.18.0.2:81"},
		{"any order, doubles", "198.18.0.2:80\n198.18.0.1:81\n198.18.0.2,80\n198.18.0.1:9\n", "198.18.0.1:9 198.18.0.1:81 198.18.0.2:80"},
		{"ends of the port range", "198.18.0.1:0\n198.18.0.1:65535\n", "198.18.0.1:0 198.18.0.1:65535"},
		{"ends of the address space", "255.255.255.255:65535\n0.0.0.0:0\n", "0.0.0.0:0 255.255.255.255:65535"},
		{"blanks around, remarks, comments", " 198.18.0.1:80 \n198.18.0.2:80 web, mail\n198.18.0.3:80#c\n198.18.0.4,80 # c,d\n",
			"198.18.0.1:80 198.18.0.2:80 198.18.0.3:80 198.18.0.4:80"},
		{"blanks behind a comma", "198.18.0.1, 80\n198.18.0.2,\t80 web\n", "198.18.0.1:80 198.18.0.2:80"},
		{"further columns", "198.18.0.1,80,synack,1\n198.18.0.2,80,\n", "198.18.0.1:80 198.18.0.2:80"},
		{"header of our results", "saddr,sport\n198.18.0.1,80\n", "198.18.0.1:80"},
		{"header with a byte order mark and more columns", "\ufeffip,port,classification\r\n198.18.0.1,80,synack\r\n", "198.18.0.1:80"},
		{"JSON of our results", `{"saddr":"198.18.0.1","sport":80}` + "\n" + `  {"sport": "81", "saddr": "198.18.0.1", "daddr": "198.18.9.9", "dport": 4000, "x": {"a": [1]}} ` + "\r\n",
			"198.18.0.1:80 198.18.0.1:81"},
		{"JSON with other names", `{"ip":"198.18.0.1","port":80}`, "198.18.0.1:80"},
		{"JSON with both names", `{"ip":"198.18.0.1","saddr":"198.18.0.2","port":80,"sport":81}`, "198.18.0.1:80"},
		{"JSON with a number sign", `{"x":"#","ip":"198.18.0.1","port":0}`, "198.18.0.1:0"},
		{"all forms", "198.18.0.1:80\n198.18.0.2,80\n{\"ip\":\"198.18.0.3\",\"port\":80}\n", "198.18.0.1:80 198.18.0.2:80 198.18.0.3:80"},
		{"hosts", "two.example:80\none.example,81,x\n{\"ip\":\"mapped\",\"port\":\"82\"}\n",
			"198.18.0.1:81 198.18.0.1:82 198.18.0.7:80 198.18.2.9:80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, file := range []string{tt.file, gzipOf(t, tt.file)} {
				got, err := pairsOf(Loader{Lookup: testZone().lookup}, file)
				if err != nil || pairText(got) != tt.want {
					t.Errorf("Pairs(%q) = %v, want %v", tt.file, err, tt.want)
				}
			}
		})
	}
}

func TestLoaderPairsRefuses(t *testing.T) {
	tests := []struct {
		name string
		file string
		want string // beginning of the message
	}{
		{"no port", "198.18.0.1\n", `stdin:1: "198.18.0.1": want a target and its port, as 198.18.0.1:80`},
		{"nothing behind the colon", "\n198.18.0.1:\n", `stdin:2: "198.18.0.1:": want a port from 0 to 65535`},
		{"nothing behind the comma", "198.18.0.1,\n", `stdin:1: "198.18.0.1,": want a port`},
		{"port 65536", "198.18.0.1:65536\n", `stdin:1: "198.18.0.1:65536": want a port`},
		{"port 2^32+80", "198.18.0.1:4294967376\n", `stdin:1: "198.18.0.1:4294967376": want a port`},
		{"negative port", "198.18.0.1:-1\n", `stdin:1: "198.18.0.1:-1": want a port`},
		{"port with a leading zero", "198.18.0.1:080\n", `stdin:1: "198.18.0.1:080": want a port`},
		{"named port", "198.18.0.1:http\n", `stdin:1: "198.18.0.1:http": want a port`},
		{"ports", "198.18.0.1:80-90\n", `stdin:1: "198.18.0.1:80-90": want a port`},
		{"port before the address", "80:198.18.0.1\n", `stdin:1: "80:198.18.0.1": want a port`},
		{"blank for a colon", "198.18.0.1 80\n", `stdin:1: "198.18.0.1 80": want a target and its port`},
		{"number above 255", "198.18.0.256:80\n", `stdin:1: "198.18.0.256:80": want one IPv4 address before the port`},
		{"prefix", "198.18.0.0/24:80\n", `stdin:1: "198.18.0.0/24:80": want one IPv4 address`},
		{"no address", ":80\n", `stdin:1: ":80": want one IPv4 address`},
		{"leading zero", "010.0.0.1:80\n", `stdin:1: "010.0.0.1:80": "010.0.0.1": numbers must not begin with 0`},
		{"IPv6 in brackets", "[::1]:80\n", `stdin:1: "[::1]:80": IPv6 is not supported yet`},
		{"IPv6 and a comma", "::1,80\n", `stdin:1: "::1,80": IPv6 is not supported yet`},
		{"IPv6 without a port", "2001:db8::1\n", `stdin:1: "2001:db8::1": IPv6 is not supported yet`},
		{"IPv6 with a port, or not", "2001:db8::1:80\n", `stdin:1: "2001:db8::1:80": IPv6 is not supported yet`},
		{"IPv6 in JSON", `{"ip":"2001:db8::1","port":80}`, `stdin:1: "{\"ip\":\"2001:db8::1\",\"port\":80}": IPv6 is not supported yet`},
		{"host", "one.example:80\n", `stdin:1: "one.example:80": host names are not looked up; want an IPv4 address before the port`},
		{"header in mid-file", "198.18.0.1:80\nsaddr,sport\n", `stdin:2: "saddr,sport": want a port`},
		{"header of other columns", "saddr,daddr,sport\n", `stdin:1: "saddr,daddr,sport": want a port`},
		{"JSON without a port", `{"ip":"198.18.0.1"}`, `stdin:1: "{\"ip\":\"198.18.0.1\"}": want a JSON object on one line with "ip" or "saddr" and`},
		{"JSON without an address", `{"sport":80}`, `stdin:1: "{\"sport\":80}": want a JSON object`},
		{"JSON with null", `{"ip":null,"port":80}`, `stdin:1: "{\"ip\":null,\"port\":80}": want a JSON object`},
		{"JSON with the wrong types", `{"ip":1,"port":80}`, `stdin:1: "{\"ip\":1,\"port\":80}": want a JSON object`},
		{"JSON with port 65536", `{"ip":"198.18.0.1","port":65536}`, `stdin:1: "{\"ip\":\"198.18.0.1\",\"port\":65536}": want a number from 0 to 65535 in "port" or "sport"`},
		{"JSON with a fraction", `{"ip":"198.18.0.1","port":8.5}`, `stdin:1: "{\"ip\":\"198.18.0.1\",\"port\":8.5}": want a number from`},
		{"JSON with a word for a port", `{"ip":"198.18.0.1","port":"http"}`, `stdin:1: "{\"ip\":\"198.18.0.1\",\"port\":\"http\"}": want a JSON object`},
		{"JSON over several lines", "{\n\"ip\":\"198.18.0.1\"\n}\n", `stdin:1: "{": want a JSON object on one line with "ip" or "saddr" and "port" or "sport": unexpected end of JSON input`},
		{"JSON with something behind it", `{"ip":"198.18.0.1","port":80},`, `stdin:1: "{\"ip\":\"198.18.0.1\",\"port\":80},": want a JSON object`},
		{"2 MB line", strings.Repeat("198.18.0.1:80,", 150_000), `stdin:1: "198.18.0.1:80,198.18.0.1:80,198.18.0.1:80,198.18"...: line is longer`},
		{"carriage return in mid-line", "198.18.0.1:80\r198.18.0.2:80\n", `stdin:1: "198.18.0.1:80\r198.18.0.2:80": carriage return`},
		{"binary file", "\x7fELF", `stdin:1: "\x7fELF": this looks like a binary file`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pairsOf(Loader{}, tt.file)
			if err == nil || got != nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("Pairs(%.80q):\n got %v\nwant an error that begins %s", tt.file, err, tt.want)
			}
			if strings.Contains(tt.want, "IPv6") && !errors.Is(err, ErrIPv6) {
				t.Errorf("Pairs(%.80q): %#v, want ErrIPv6 in the chain", tt.file, err)
			}
			checkOneLine(t, err)
		})
	}
}

func TestLoaderPairsSkipsBadLines(t *testing.T) {
	var got []int
	l := Loader{Lookup: testZone().lookup, Skip: func(bad *ParseError) { got = append(got, bad.Line) }}
	p, err := pairsOf(l, "198.18.0.1\nmissing.example:80\n198.18.0.1:80\n{}\n")
	if err != nil || pairText(p) != "198.18.0.1:80" || fmt.Sprint(got) != "[1 4 2]" {
		t.Errorf("Pairs = %v, %v, skipped lines %v, want 198.18.0.1:80 and 1, 4, 2", p, err, got)
	}
}

// FuzzPairLine holds that the fast and the careful way through a line agree, that what a line says survives being
// written again in every form, and that what is refused is refused in one line.
func FuzzPairLine(f *testing.F) {
	for _, line := range []string{
		"198.18.0.1:80\n", "198.18.0.1,65535\r\n", "255.255.255.255:0", "198.18.0.1:65536", "198.18.0.1:080", "198.18.0.1,80,x#y\n",
		"198.18.0.1 , 80", "a.example:80 # c", `{"ip":"198.18.0.1","port":"80"}`, `{"saddr":"[::1]","sport":8e1}`, "[::1]:80", ",", ":", "{",
		"saddr,sport", "1.2.3.4:80:90", "1.2.3.4:80\x00", "\x00", "é:1",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		list := pairList{loader: new(Loader), begun: true}
		_, shown, err := list.add([]byte(line))
		if err != nil {
			checkOneLine(t, &ParseError{Name: "f", Line: 1, Text: string(shown), Err: err})
		}
		addr, port, isPlain := plainPair([]byte(line))
		if isPlain {
			name, slowPort, err := splitPair([]byte(strings.TrimRight(line, "\r\n")))
			if err != nil || slowPort != port || name != ToAddr(addr).String() {
				t.Errorf("plainPair(%q) = %v, %d, but splitPair says %v, %d, %v", line, addr, port, name, slowPort, err)
			}
		}
		for _, key := range list.keys.join() {
			addr, port := ToAddr(uint32(key>>portBits)), uint16(key)
			for _, form := range []string{"%v:%d\n", "%v,%d\r\n", "%v,%d,x,y", `{"ip":"%v","port":%d}`, `{"saddr":"%v","sport":"%d"}`} {
				again := pairList{loader: new(Loader)}
				if _, _, err := again.add(fmt.Appendf(nil, form, addr, port)); err != nil || fmt.Sprint(again.keys.join()) != fmt.Sprint([]uint64{key}) {
					t.Errorf("%q is %v:%d, which does not come back from %q: %v", line, addr, port, form, err)
				}
			}
		}
	})
}
