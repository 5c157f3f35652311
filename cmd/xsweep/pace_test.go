package main

import (
	"io"
	"math"
	"testing"
)

// TestBandwidth: what fills a link of ten gigabits is what is known to, and ZMap's rate for the same options.
func TestBandwidth(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want float64
	}{
		{"10 GbE, the shortest frame", []string{"-B", "10G"}, 14.88e6},
		{"10 GbE, as Windows", []string{"-B", "10G", "--probe-args", "windows"}, 13.89e6},
		{"10 GbE, as Linux", []string{"-B", "10G", "--probe-args", "linux"}, 12.76e6},
		{"10 GbE, as BSD", []string{"-B", "10G", "--probe-args", "bsd"}, 12.25e6},
		{"a tag makes the frame longer, but not above the minimum by as much", []string{"-B", "10G", "--vlan", "7"}, 14.53e6},
		{"a fraction", []string{"-B", "0.5M"}, 744},
		{"less than a probe a second", []string{"-B", "67.2"}, 0.1},
		{"no bandwidth: the rate as it is", nil, 10000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var o options
			cmd := newCommand(&o)
			cmd.SetArgs(append(tt.args, "--echo", "-C", "", "-p", "80"))
			cmd.SetOut(io.Discard)
			if err := cmd.Execute(); err != nil {
				t.Fatal(err)
			}
			got := float64(o.rate)
			if got > 1 && got != math.Trunc(got) {
				t.Errorf("%v: %v probes per second are no whole number, which readers of metadata want", tt.args, got)
			}
			if math.Abs(got-tt.want) > tt.want/1000 {
				t.Errorf("%v: %v probes per second, want %v", tt.args, got, tt.want)
			}
		})
	}
}

// TestChangedRate: signals leave a whole number where that makes no difference, and go on where it would.
func TestChangedRate(t *testing.T) {
	for _, tt := range []struct{ rate, factor, want float64 }{
		{5250, 0.95, 4988}, {10000, 1.05, 10500}, {2, 1.05, 2.1}, {105, 0.95, 99.75},
	} {
		if got := changedRate(tt.rate, tt.factor); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("changedRate(%v, %v) = %v, want %v", tt.rate, tt.factor, got, tt.want)
		}
	}
}
