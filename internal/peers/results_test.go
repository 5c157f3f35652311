package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
)

const testAddr = 198<<24 | 18<<16 | 7<<8 | 1 // 198.18.7.1

func TestReadResults(t *testing.T) {
	xsweep := func(r io.Reader, _ uint16) ([]target, error) { return readXsweep(r) }
	masscan := func(r io.Reader, _ uint16) ([]target, error) { return readMasscan(r) }
	two := []target{{testAddr, 443}, {testAddr + 1, 443}}
	tests := []struct {
		name    string
		read    func(io.Reader, uint16) ([]target, error)
		text    string
		want    []target
		wantErr string // part of the error; "" for none
	}{
		{"xsweep", xsweep, "198.18.7.1,443\n198.18.7.2,443\n", two, ""},
		{"xsweep, a row cut short", xsweep, "198.18.7.1,443\n198.18.7.2", nil, `line 2: "198.18.7.2"`},
		{"xsweep, a header", xsweep, "saddr,sport\n", nil, `"saddr,sport"`},
		{"xsweep, a port past the last", xsweep, "198.18.7.1,65536\n", nil, "65536"},
		{"xsweep, nothing found", xsweep, "", nil, ""},
		{"zmap: the port is that of the run", readZMap, "198.18.7.1\n198.18.7.2\n", two, ""},
		{"zmap, half an address", readZMap, "198.18.7\n", nil, `line 1: "198.18.7"`},
		{"zmap, IPv6", readZMap, "2001:db8::1\n", nil, "IPv4"},
		{
			"masscan", masscan, "#masscan\nopen tcp 443 198.18.7.1 1795294986\nopen tcp 443 198.18.7.2 1795294987\n# end\n",
			two, "",
		},
		{"masscan, a closed port", masscan, "closed tcp 443 198.18.7.1 1795294986\n", nil, "closed"},
		{"masscan, a row cut short", masscan, "#masscan\nopen tcp 443 198.18\n", nil, "line 2"},
		{"masscan, nothing found", masscan, "#masscan\n# end\n", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.read(strings.NewReader(tt.text), 443)
			if !slices.Equal(got, tt.want) {
				t.Errorf("rows of %q = %v, want %v", tt.text, got, tt.want)
			}
			if (err != nil) != (tt.wantErr != "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("rows of %q: error %v, want one with %q", tt.text, err, tt.wantErr)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	truth := func(_ uint32, port uint16) lab.Outcome {
		if port == 443 {
			return lab.Open
		}
		return lab.Closed
	}
	rows := []target{
		{testAddr, 443}, {testAddr + 1, 443},
		{testAddr, 443}, {testAddr, 443}, // twice more
		{testAddr, 80}, {testAddr, 80}, // untrue, and then once more
	}
	want := findings{found: 2, duplicates: 3, untrue: 1}
	if got := check(rows, truth); got != want {
		t.Errorf("check = %+v, want %+v", got, want)
	}
}
