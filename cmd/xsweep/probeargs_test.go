package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/packet"
)

func TestParseProbeArgs(t *testing.T) {
	tests := []struct {
		text string
		want probeArgs
		ok   bool
	}{
		{text: "smallest-probes", ok: true},
		{text: "windows", want: probeArgs{profile: packet.Windows}, ok: true},
		{text: "linux,rtt", want: probeArgs{profile: packet.Linux, rtt: true}, ok: true},
		{text: "rtt, bsd", want: probeArgs{profile: packet.BSD, rtt: true}, ok: true},
		{text: "rtt", want: probeArgs{profile: packet.Linux, rtt: true}, ok: true},
		{text: "windows,ja4ts", want: probeArgs{profile: packet.Windows, ja4ts: true}, ok: true},
		{text: "linux,rtt,ja4ts", want: probeArgs{profile: packet.Linux, rtt: true, ja4ts: true}, ok: true},
		{text: "ja4ts,ja4t", want: probeArgs{ja4ts: true, ja4t: true}, ok: true},
		{text: "rtt,ja4t", want: probeArgs{profile: packet.Linux, rtt: true, ja4t: true}, ok: true},
		{text: "ja4t,ja4t", want: probeArgs{ja4t: true}, ok: true},
		{text: "windows,rtt"},
		{text: "linux,bsd"},
		{text: "linux,ja4"},
		{text: "plan9"},
		{text: ""},
	}
	for _, tt := range tests {
		got, err := parseProbeArgs(tt.text)
		if (err == nil) != tt.ok || tt.ok && got != tt.want {
			t.Errorf("parseProbeArgs(%q) = %+v, %v; want %+v", tt.text, got, err, tt.want)
		}
	}
}

func TestProbeArgsWarn(t *testing.T) {
	tests := []struct {
		name, args, fields string
		want               []string
	}{
		{"nothing", "linux", "", nil},
		{"all fields, whatever there is", "linux", "*", nil},
		{"what is named and asked for", "rtt,ja4ts,ja4t", "rtt,saddr,ja4ts ja4t", nil},
		{"what is named alone", "linux", "saddr,ja4ts,rtt", []string{
			"field rtt will be empty: add rtt to --probe-args", "field ja4ts will be empty: add ja4ts to --probe-args"}},
		{"one for the other", "ja4ts", "ja4t", []string{
			"ja4ts is in --probe-args, but not written: add ja4ts to --output-fields",
			"field ja4t will be empty: add ja4t to --probe-args"}},
		{"asked for, and all fields", "rtt,ja4t", "*", nil},
		{"named beside all fields", "linux", "*,ja4t", []string{"field ja4t will be empty: add ja4t to --probe-args"}},
	}
	for _, tt := range tests {
		args, err := parseProbeArgs(tt.args)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		args.warn(tt.fields, slog.New(slog.NewTextHandler(&out, nil)))
		if n := strings.Count(out.String(), "level=WARN"); n != len(tt.want) {
			t.Errorf("%s: %d warnings, want %d: %s", tt.name, n, len(tt.want), out.String())
		}
		for _, w := range tt.want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: %q is missing in %s", tt.name, w, out.String())
			}
		}
	}
}
