package main

import (
	"strings"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestResetOption has every connection closed by the one whom --rst names, and tells of the RSTs that were withheld and
// the answers that were filtered.
func TestResetOption(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	const copies = 8
	for _, policy := range []string{"reply", "kernel", "none"} {
		t.Run(policy, func(t *testing.T) {
			cfg := lab.SimConfig{Key: 43, Open: 0.05}
			if policy == "reply" {
				cfg.Duplicate, cfg.DuplicateCopies = 1, copies
			}
			world, err := l.Simulate(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer world.Close()
			before, err := l.Scanner.SNMP()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "10k", "-c", "1", "-m", "m.json", "--rst", policy, "198.18.16.0/22")
			p.waitFor(t, exitDone)
			checkRows(t, p.stdout.String(), world, "198.18.16.0/22", 443)
			n, err := world.Counters()
			if err != nil {
				t.Fatal(err)
			}
			after, err := l.Scanner.SNMP()
			if err != nil {
				t.Fatal(err)
			}
			drops := readMetadata(t, dir).Drops
			stacks := after["TcpOutRsts"] - before["TcpOutRsts"]
			resets, want := map[string]uint64{"kernel": stacks, "reply": n.RSTsGood}[policy], n.Open
			switch policy {
			case "reply":
				want = n.Open*(1+copies) - drops["resets_withheld"]
				if drops["resets_withheld"] == 0 || drops["filtered"] != n.Open*copies ||
					!strings.Contains(p.stderr.String(), "repeated SYN-ACKs not reset again") {
					t.Errorf("drops %v of %d copies\n%s", drops, n.Open*copies, p.stderr.String())
				}
			case "none":
				want = 0
			}
			if n.Open == 0 || resets != want || n.RSTsGood != want || n.RSTsBad != 0 {
				t.Errorf("%d RSTs, the stack sent %d, want %d; %d were wrong", n.RSTsGood, stacks, want, n.RSTsBad)
			}
		})
	}
}
