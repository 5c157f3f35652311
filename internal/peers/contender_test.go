package main

import (
	"errors"
	"net"
	"slices"
	"testing"
	"time"
)

var testJob = job{
	wire:  wire{ifname: "scan0", addr: 198<<24 | 18<<16 | 1, mac: "02:00:00:00:00:01", routerMAC: "02:00:00:00:00:02"},
	ports: []uint16{1, 2}, ratePPS: 300_000, repeats: 1, senders: 2, cooldown: time.Second,
	output: "/dir/results", empty: "/dir/empty", leaveOut: "/dir/leave-out",
}

// TestArgsNameTheInterface holds every tool to the lab's interface, and to a rate of its own words where there is no limit.
func TestArgsNameTheInterface(t *testing.T) {
	tests := []struct {
		name, interfaceFlag, rateFlag, unlimited string
		args                                     func(job) []string
	}{
		{"xsweep", "-i", "-r", "0", func(j job) []string { return xsweepArgs(j, "xsk") }},
		{"zmap", "-i", "-r", "100000000", zmapArgs},
		{"masscan", "--adapter", "--rate", "100000000", masscanArgs},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			unlimited := testJob
			unlimited.ratePPS = 0
			for _, want := range []struct {
				args        []string
				flag, value string
			}{
				{tt.args(testJob), tt.interfaceFlag, "scan0"},
				{tt.args(testJob), tt.rateFlag, "300000"},
				{tt.args(unlimited), tt.rateFlag, tt.unlimited},
				{tt.args(testJob), "-p", "1,2"},
			} {
				i := slices.Index(want.args, want.flag)
				if i < 0 || want.args[i+1] != want.value {
					t.Errorf("args %q: want %s %s", want.args, want.flag, want.value)
				}
			}
		})
	}
}

func TestJobs(t *testing.T) {
	all, fast, one := contender{factor: 1}, contender{factor: 2}, contender{factor: 1, onePort: true}
	tests := []struct {
		name string
		e    experiment
		c    contender
		pps  int
		want []job
	}{
		{"all ports at once", experiment{ports: 2, repeat: true}, all, 0, []job{{ports: []uint16{1, 2}, repeats: 1}}},
		{"a port a run", experiment{ports: 2}, one, 0, []job{{ports: []uint16{1}, repeats: 1}, {ports: []uint16{2}, repeats: 1}}},
		{"a fast tool, more ports", experiment{ports: 1}, fast, 0, []job{{ports: []uint16{1, 2}, repeats: 1}}},
		{"but not at a rate", experiment{ports: 1}, fast, 1000, []job{{ports: []uint16{1}, repeats: 1}}},
		{"as many probes in one run", experiment{ports: 2, repeat: true}, one, 0, []job{{ports: []uint16{1}, repeats: 2}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := jobs(&tt.e, &tt.c, tt.pps)
			same := func(a, b job) bool { return slices.Equal(a.ports, b.ports) && a.repeats == b.repeats }
			if !slices.EqualFunc(got, tt.want, same) {
				t.Errorf("jobs = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestJobsAreNotTooMany(t *testing.T) {
	if got := len(jobs(&experiment{ports: 16}, &contender{factor: 1, onePort: true}, 0)); got != manyRuns {
		t.Errorf("%d runs for 16 ports, want %d", got, manyRuns)
	}
}

func TestOnlyInterface(t *testing.T) {
	lo := net.Interface{Name: "lo", Flags: net.FlagLoopback}
	scan, eth := net.Interface{Name: "scan0"}, net.Interface{Name: "eth0"}
	tests := []struct {
		name string
		all  []net.Interface
		ok   bool
	}{
		{"the lab's", []net.Interface{lo, scan}, true},
		{"the lab's and the machine's", []net.Interface{lo, eth, scan}, false},
		{"the machine's", []net.Interface{lo, eth}, false},
		{"none", []net.Interface{lo}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := onlyInterface(tt.all, "scan0"); (err == nil) != tt.ok || err != nil && !errors.Is(err, errNotConfined) {
				t.Errorf("onlyInterface = %v, want it confined: %v", err, tt.ok)
			}
		})
	}
}

func TestTimeLimit(t *testing.T) {
	if got, want := timeLimit(100_000, 0, time.Second), 23*time.Second; got != want {
		t.Errorf("timeLimit with no rate = %v, want %v", got, want)
	}
	if got, want := timeLimit(100_000, 10_000, time.Second), 121*time.Second; got != want {
		t.Errorf("timeLimit at 10,000 pps = %v, want %v", got, want)
	}
}
