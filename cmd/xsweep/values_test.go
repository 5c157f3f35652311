package main

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParsePorts(t *testing.T) {
	tests := []struct {
		text string
		want []uint16
	}{
		{"80", []uint16{80}},
		{"80,443", []uint16{80, 443}},
		{" 80 , 443 ", []uint16{80, 443}},
		{"8000-8003,0", []uint16{8000, 8001, 8002, 8003, 0}},
		{"65534-65535", []uint16{65534, 65535}},
	}
	for _, tt := range tests {
		if got, err := parsePorts(tt.text); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("parsePorts(%q) = %v, %v; want %v", tt.text, got, err, tt.want)
		}
	}
	if all, err := parsePorts("*"); err != nil || len(all) != 65536 || all[0] != 0 || all[65535] != 65535 {
		t.Errorf("parsePorts(*) gives %d ports, %v", len(all), err)
	}
	for _, bad := range []string{"", ",", "80,", "-1", "80-", "-", "http", "65536", "2-1", "80 443", "0x50", "1-2-3"} {
		if got, err := parsePorts(bad); err == nil {
			t.Errorf("parsePorts(%q) = %v, want an error", bad, got)
		}
	}
}

func TestRateValue(t *testing.T) {
	tests := []struct {
		text  string
		want  float64
		shown string
	}{
		{"0", 0, "0"}, {"1", 1, "1"}, {"0.5", 0.5, "0.5"}, {"999", 999, "999"}, {"10000", 1e4, "10k"}, {"100k", 1e5, "100k"},
		{"1.5K", 1500, "1.5k"}, {"1M", 1e6, "1M"}, {"14.88M", 14.88e6, "14880k"}, {"2g", 2e9, "2000M"}, {" 5k ", 5000, "5k"},
	}
	for _, tt := range tests {
		var r rateValue
		if err := r.Set(tt.text); err != nil || float64(r) != tt.want || r.String() != tt.shown {
			t.Errorf("Set(%q) = %v, %v, shown as %s; want %v, %s", tt.text, float64(r), err, r.String(), tt.want, tt.shown)
		}
		var again rateValue
		if err := again.Set(r.String()); err != nil || again != r {
			t.Errorf("%q is shown as %q, which reads as %v, %v", tt.text, r.String(), again, err)
		}
	}
	for _, bad := range []string{"", "k", "-1", "fast", "1kk", "NaN", "Inf", "1e300", "10 0"} {
		var r rateValue
		if err := r.Set(bad); err == nil {
			t.Errorf("Set(%q) = %v, want an error", bad, float64(r))
		}
	}
}

func TestCountValue(t *testing.T) {
	tests := []struct {
		text string
		of   uint64
		want uint64
	}{
		{"0", 100, 0}, {"7", 100, 7}, {"7", 3, 7}, {"50%", 100, 50}, {"0.0001%", 1 << 32, 4294}, {"100%", 7, 7},
		{"1%", 10, 1}, {"0%", 10, 0},
	}
	for _, tt := range tests {
		var c countValue
		if err := c.Set(tt.text); err != nil || c.of(tt.of) != tt.want {
			t.Errorf("%s of %d = %d, %v; want %d", tt.text, tt.of, c.of(tt.of), err, tt.want)
		}
	}
	for _, bad := range []string{"", "%", "-1", "101%", "1.5", "NaN%", "many"} {
		var c countValue
		if err := c.Set(bad); err == nil {
			t.Errorf("Set(%q) = %v, want an error", bad, c)
		}
	}
}

// TestHints finds a way out for each errno that a kernel may refuse with, however deep it is wrapped.
func TestHints(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EAFNOSUPPORT, unix.EPERM, unix.EACCES, unix.EBUSY, unix.EOPNOTSUPP, unix.ENOBUFS} {
		if hint := hintFor(fmt.Errorf("open: %w", fmt.Errorf("bind: %w", errno))); hint == "" {
			t.Errorf("no hint for %v", errno)
		}
	}
	if hint := hintFor(&outputError{fmt.Errorf("create x: %w", unix.EACCES), "--output-file"}); hint != "choose another file with --output-file" {
		t.Errorf("hint for an output file: %q", hint)
	}
	full := &outputError{fmt.Errorf("write x: %w", unix.ENOSPC), "--output-file"}
	if hint := hintFor(full); hint != "free some space; the rows written so far are whole" {
		t.Errorf("hint for a full disk: %q", hint)
	}
	if hint := hintFor(fmt.Errorf("attach: %w", unix.ENOSPC)); !strings.Contains(hint, "--xdp-mode generic") {
		t.Errorf("hint for too few queues: %q", hint)
	}
	if hint := hintFor(fmt.Errorf("read list: %w", &fs.PathError{Op: "open", Path: "b.txt", Err: unix.EACCES})); hint != "" {
		t.Errorf("hint for an unreadable list: %q", hint)
	}
	if hint := hintFor(fmt.Errorf("something else")); hint != "" {
		t.Errorf("hint for something else: %q", hint)
	}
}
