package lab

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestCoverage compares the bitmap with a slice of what was probed.
func TestCoverage(t *testing.T) {
	ports := make([]uint16, MaxCoveragePorts)
	for i := range ports {
		ports[i] = uint16(i * 1000)
	}
	cfg := SimConfig{Open: 0.5, CoveragePorts: ports, Network: netip.MustParsePrefix("198.18.0.0/24")}
	p, truth := loadTestProgram(t, cfg)
	probed := map[[2]uint32]uint64{}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		addr, port := truth.network+rnd.Uint32()%256, ports[rnd.IntN(len(ports))]
		probed[[2]uint32{addr, uint32(port)}]++
		p.run(t, rawSYN(addr, port, 1))
	}
	p.run(t, rawSYN(0xC61200AA, 1, 1)) // not a listed port

	c := &Coverage{network: truth.network, ports: ports, words: make([]uint64, 256)}
	if err := p.readCoverage(c); err != nil {
		t.Fatal(err)
	}
	if want := uint64(5000 - len(probed)); c.Distinct != uint64(len(probed)) || c.Repeated != want || c.Other != 1 {
		t.Errorf("distinct %d, repeated %d, other %d; want %d, %d, 1", c.Distinct, c.Repeated, c.Other, len(probed), want)
	}
	n := 0
	for addr, port := range c.Targets() {
		n++
		if probed[[2]uint32{addr, uint32(port)}] == 0 || !c.Probed(addr, port) {
			t.Errorf("%v:%d was not probed", toAddr(addr), port)
		}
	}
	if n != len(probed) {
		t.Errorf("Targets yields %d, want %d", n, len(probed))
	}
	if c.Probed(truth.network+256, ports[0]) || c.Probed(truth.network-1, ports[0]) || c.Probed(truth.network, 1) {
		t.Error("Probed is true where nothing can be")
	}
}
