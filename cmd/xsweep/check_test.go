package main

import (
	"strings"
	"testing"

	"github.com/xsweep/xsweep/internal/preflight"
)

// TestPrintReport is what a user reads: a line each, aligned, the command below, and what it comes to.
func TestPrintReport(t *testing.T) {
	r := preflight.Report{Interface: "eth7", Ready: true, Engine: "xdp", Findings: []preflight.Finding{
		{Name: "kernel", Status: preflight.OK, Text: "Linux 6.18.4"},
		{Name: "rings", Status: preflight.Warning, Text: "the card holds 256", Fix: "sudo ethtool -G eth7 rx 4096"},
		{Name: "sockets", Status: preflight.Unknown, Text: "not to be seen"},
	}}
	const ready = `ok       kernel   Linux 6.18.4
warning  rings    the card holds 256
                    $ sudo ethtool -G eth7 rx 4096
unknown  sockets  not to be seen
ready on eth7: engine xdp expected at full rate; warnings: rings
`
	var out strings.Builder
	if err := printReport(&out, &r); err != nil || out.String() != ready {
		t.Errorf("printReport: %v\n%s\nwant\n%s", err, &out, ready)
	}
	r.Ready = false
	r.Findings[0].Status, r.Findings[2].Status = preflight.Fatal, preflight.Fatal
	if got, want := summary(&r), "not ready on eth7: kernel, sockets"; got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
	r.Interface = ""
	if got, want := summary(&r), "not ready: kernel, sockets"; got != want {
		t.Errorf("summary without an interface = %q, want %q", got, want)
	}
}
