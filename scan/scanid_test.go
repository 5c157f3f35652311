package scan

import (
	"testing"

	"github.com/xsweep/xsweep/blocklist"
)

func idOf(t *testing.T, cfg Config) string {
	t.Helper()
	d, err := NewDryRun(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d.ID()
}

// TestScanID: what decides the order changes the name, and nothing else does.
func TestScanID(t *testing.T) {
	base := func() Config { return dry(t, set(t, "198.18.0.0/24", "198.18.2.0/24"), 80, 443) }
	name := idOf(t, base())
	if len(name) != 16 {
		t.Errorf("ID %q has not 16 digits", name)
	}
	same := map[string]func(*Config){
		"the order and repetition of ports":  func(c *Config) { c.Ports = []uint16{443, 80, 443} },
		"another text for the same targets":  func(c *Config) { c.Targets = set(t, "198.18.2.0-198.18.2.255", "198.18.0.0/25", "198.18.0.128/25") },
		"another key":                        func(c *Config) { c.Key = Key{9, 9} },
		"another shard":                      func(c *Config) { c.Shards, c.Shard = 4, 2 },
		"a limit":                            func(c *Config) { c.MaxTargets = 3 },
		"another rate and number of senders": func(c *Config) { c.Rate, c.Senders = 5, 7 },
		"an exclusion on the way":            func(c *Config) { c.Exclude = set(t, "198.18.0.1") },
		"another source":                     func(c *Config) { c.Sources = []uint32{7} },
		"more probes":                        func(c *Config) { c.Probes, c.ProbeInterval = 2, 1 },
	}
	for what, change := range same {
		cfg := base()
		change(&cfg)
		if got := idOf(t, cfg); got != name {
			t.Errorf("%s changes the ID", what)
		}
	}
	seen := map[string]string{name: "nothing"}
	for what, change := range map[string]func(*Config){
		"another seed":     func(c *Config) { c.Seed++ },
		"a port more":      func(c *Config) { c.Ports = append(c.Ports, 8080) },
		"a port less":      func(c *Config) { c.Ports = c.Ports[:1] },
		"a target less":    func(c *Config) { c.Targets = c.Targets.Minus(set(t, "198.18.0.7")) },
		"another target":   func(c *Config) { c.Targets = set(t, "198.18.0.0/24", "198.18.3.0/24") },
		"a list of them":   func(c *Config) { c.List, c.Targets, c.Ports = listOf(c), nil, nil },
		"a list less one":  func(c *Config) { c.List, c.Targets, c.Ports = listOf(c).Minus(set(t, "198.18.0.7")), nil, nil },
		"ports and ranges": func(c *Config) { c.Targets, c.Ports = set(t, "198.18.0.0/24"), []uint16{80, 443, 80} },
	} {
		cfg := base()
		change(&cfg)
		got := idOf(t, cfg)
		if other, ok := seen[got]; ok {
			t.Errorf("%s gives the same ID as %s", what, other)
		}
		seen[got] = what
	}
}

// listOf is the targets of c one by one.
func listOf(c *Config) *blocklist.Pairs {
	var keys []uint64
	for i := range c.Targets.Len() {
		for _, port := range c.Ports {
			keys = append(keys, uint64(c.Targets.At(i))<<16|uint64(port))
		}
	}
	return blocklist.NewPairs(keys)
}
