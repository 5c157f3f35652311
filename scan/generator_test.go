package scan

import (
	"errors"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

// dry is a configuration that sends nothing.
func dry(t testing.TB, targets *blocklist.Set, ports ...uint16) Config {
	t.Helper()
	return Config{Targets: targets, Ports: ports, Sources: []uint32{0xc6120001}, Key: Key{1, 2}}
}

// probesOf is what a dry run of cfg shows.
func probesOf(t testing.TB, cfg Config) []packet.Probe {
	t.Helper()
	d, err := NewDryRun(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var all []packet.Probe
	for batch := range d.Probes() {
		all = append(all, batch...)
	}
	return all
}

// TestProbesAreEveryTargetOnce looks at each probe of a dry run: its target is one of the scan's, comes once, and the
// validator would accept the answer to it.
func TestProbesAreEveryTargetOnce(t *testing.T) {
	addrs := set(t, "198.18.0.0/22", "198.19.7.7")
	cfg := dry(t, addrs, 80, 443, 8080)
	cfg.Sources = append(cfg.Sources, 0xc6120007, 0xc6120008)
	cfg.Probes = 2
	probes := probesOf(t, cfg)
	cfg, _ = cfg.withDefaults()
	space, _ := NewSpace(addrs, cfg.Ports)
	var sources []source
	used := make(map[uint32]int)
	for _, a := range cfg.Sources {
		sources = append(sources, newSource(cfg.Key, a))
	}
	v := newValidator(cfg.Key, sources, cfg.SourcePorts, cfg.Probes, space)
	seen := make(map[target]int)
	for _, p := range probes {
		seen[target{p.Dst, p.DstPort}]++
		used[p.Src]++
		r := packet.Reply{Kind: packet.SYNACK, Src: p.Dst, Dst: p.Src, SrcPort: p.DstPort, DstPort: p.SrcPort, Ack: p.Seq + 1}
		if _, _, ok := v.accept(&r); !ok {
			t.Fatalf("the answer to %+v is refused", p)
		}
	}
	if len(seen) != 1025*3 {
		t.Errorf("%d targets, want %d", len(seen), 1025*3)
	}
	for tg, n := range seen {
		if n != 2 || !space.Contains(tg.addr, tg.port) {
			t.Errorf("target %v: %d probes, want 2", tg, n)
		}
	}
	for _, a := range cfg.Sources {
		if n := used[a]; n < 1025*2/2 || n > 1025*2*2 {
			t.Errorf("source %v sends %d of %d probes", blocklist.ToAddr(a), n, 1025*6)
		}
	}
}

// TestValidatorRefuses changes one thing at a time in a true answer.
func TestValidatorRefuses(t *testing.T) {
	key, ports := Key{5, 6}, PortRange{40000, 50000}
	s := newSource(key, 0xc6120001)
	space, err := NewSpace(set(t, "198.19.0.0/24"), []uint16{443})
	if err != nil {
		t.Fatal(err)
	}
	v := newValidator(key, []source{s}, ports, 1, space)
	p := s.probe(0xc6130005, 443, ports)
	tcp := func(kind packet.Kind, change func(*packet.Reply)) *packet.Reply {
		r := &packet.Reply{Kind: kind, Src: p.Dst, Dst: p.Src, SrcPort: p.DstPort, DstPort: p.SrcPort, Ack: p.Seq + 1}
		if change != nil {
			change(r)
		}
		return r
	}
	icmp := func(change func(*packet.Reply)) *packet.Reply {
		r := &packet.Reply{Kind: packet.ICMP, Src: 0xc6120002, Dst: p.Src, Quoted: p}
		if change != nil {
			change(r)
		}
		return r
	}
	outside := s.probe(0xc6140005, 443, ports)
	otherPort := s.probe(0xc6130005, 80, ports)
	tests := []struct {
		name  string
		reply *packet.Reply
		want  bool
	}{
		{"syn-ack", tcp(packet.SYNACK, nil), true},
		{"rst", tcp(packet.RST, nil), true},
		{"rst with the bare sequence number", tcp(packet.RST, func(r *packet.Reply) { r.Ack-- }), true},
		{"icmp", icmp(nil), true},
		{"syn-ack with the bare sequence number", tcp(packet.SYNACK, func(r *packet.Reply) { r.Ack-- }), false},
		{"syn-ack with a wrong ack", tcp(packet.SYNACK, func(r *packet.Reply) { r.Ack++ }), false},
		{"syn-ack to a wrong port", tcp(packet.SYNACK, func(r *packet.Reply) { r.DstPort ^= 1 }), false},
		{"syn-ack to a port below ours", tcp(packet.SYNACK, func(r *packet.Reply) { r.DstPort = 1 }), false},
		{"syn-ack to an address that is not ours", tcp(packet.SYNACK, func(r *packet.Reply) { r.Dst++ }), false},
		{"syn-ack from another target", tcp(packet.SYNACK, func(r *packet.Reply) { r.Src++ }), false},
		{"syn-ack from another port", tcp(packet.SYNACK, func(r *packet.Reply) { r.SrcPort = 80 }), false},
		{"syn-ack with a good cookie of an address that is no target", &packet.Reply{Kind: packet.SYNACK, Src: outside.Dst,
			Dst: outside.Src, SrcPort: 443, DstPort: outside.SrcPort, Ack: outside.Seq + 1}, false},
		{"syn-ack with a good cookie of a port that is no target", &packet.Reply{Kind: packet.SYNACK, Src: otherPort.Dst,
			Dst: otherPort.Src, SrcPort: 80, DstPort: otherPort.SrcPort, Ack: otherPort.Seq + 1}, false},
		{"icmp with a wrong sequence number", icmp(func(r *packet.Reply) { r.Quoted.Seq++ }), false},
		{"icmp to another address than the quoted probe came from", icmp(func(r *packet.Reply) { r.Dst++ }), false},
		{"icmp about another target", icmp(func(r *packet.Reply) { r.Quoted.Dst++ }), false},
		{"nothing", &packet.Reply{}, false},
	}
	for _, tt := range tests {
		addr, port, ok := v.accept(tt.reply)
		if ok != tt.want {
			t.Errorf("%s: accepted = %v, want %v", tt.name, ok, tt.want)
		}
		if ok && (addr != p.Dst || port != p.DstPort) {
			t.Errorf("%s: target %d:%d, want %d:%d", tt.name, addr, port, p.Dst, p.DstPort)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	good := dry(t, set(t, "198.18.0.0/30"), 80)
	tests := []struct {
		name   string
		change func(*Config)
	}{
		{"no targets", func(c *Config) { c.Targets = nil }},
		{"an empty set of targets", func(c *Config) { c.Targets = blocklist.New() }},
		{"no ports", func(c *Config) { c.Ports = nil }},
		{"no source", func(c *Config) { c.Sources = nil }},
		{"source ports that end before they begin", func(c *Config) { c.SourcePorts = PortRange{2, 1} }},
		{"too many probes", func(c *Config) { c.Probes = 257 }},
		{"more probes than source ports", func(c *Config) { c.SourcePorts, c.Probes = PortRange{5, 6}, 3 }},
		{"negative probes", func(c *Config) { c.Probes = -1 }},
		{"negative rate", func(c *Config) { c.Rate = -1 }},
		{"negative cool-down", func(c *Config) { c.Cooldown = -1 }},
		{"negative interval", func(c *Config) { c.ProbeInterval = -1 }},
		{"a list besides addresses", func(c *Config) { c.List = blocklist.NewPairs([]uint64{1}) }},
		{"an empty list", func(c *Config) { c.Targets, c.Ports, c.List = nil, nil, blocklist.NewPairs(nil) }},
		{"a shard beyond the last", func(c *Config) { c.Shards, c.Shard = 3, 3 }},
		{"more shards than targets", func(c *Config) { c.Shards = 5 }},
	}
	if _, err := NewDryRun(good); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		cfg := good
		tt.change(&cfg)
		if _, err := NewDryRun(cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: error %v, want ErrConfig", tt.name, err)
		}
	}
}
