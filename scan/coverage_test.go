package scan

import (
	"math/rand/v2"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

// TestEveryTargetOfASlashEightOnce makes every probe of a /8 on three ports, less the holes of a blocklist, in shards of
// different numbers of senders, and keeps a bit for each target: all are there, none twice, none besides.
func TestEveryTargetOfASlashEightOnce(t *testing.T) {
	const network, bitsOfPort = 11 << 24, 2
	ports := []uint16{22, 443, 65535}
	portAt := [1 << 16]uint64{22: 1, 443: 2, 65535: 3} // less one
	addrs := set(t, "11.0.0.0/8").Minus(scattered(100_000)).Minus(set(t, "11.7.0.0/16", "11.255.255.255"))
	seen := make([]uint64, 1<<(24+bitsOfPort)/64)
	total := uint64(0)
	for shard := range uint32(3) {
		cfg := dry(t, addrs, ports...)
		cfg.Shards, cfg.Shard = 3, shard
		s, err := prepare(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range takeTurns(s, int(shard)+1) {
			for i := range p.n {
				probe := &p.probes[i]
				place := portAt[probe.DstPort]
				bit := uint64(probe.Dst-network)<<bitsOfPort | (place - 1)
				if probe.Dst>>24 != network>>24 || place == 0 || seen[bit/64]>>(bit%64)&1 == 1 {
					t.Fatalf("%v:%d is no target or probed twice", blocklist.ToAddr(probe.Dst), probe.DstPort)
				}
				seen[bit/64] |= 1 << (bit % 64)
			}
			total += uint64(p.n)
		}
	}
	if want := addrs.Len() * 3; total != want { // and none is twice: so, if all targets are there, nothing else is
		t.Errorf("%d targets probed, want %d", total, want)
	}
	for r := range addrs.Ranges() {
		for addr := uint64(r.First); addr <= uint64(r.Last); addr++ {
			bit := (addr - network) << bitsOfPort
			if got := seen[bit/64] >> (bit % 64) & 0b111; got != 0b111 {
				t.Fatalf("%v: not probed on every port, %03b", blocklist.ToAddr(uint32(addr)), got)
			}
		}
	}
}

// probeBatch is what one sender makes at a time.
type probeBatch struct {
	probes [batchSize]packet.Probe
	n      int
}

// takeTurns yields the batches of n senders, one after the other. A batch is valid until the next one.
func takeTurns(s *Scan, n int) func(yield func(int, *probeBatch) bool) {
	return func(yield func(int, *probeBatch) bool) {
		todo := s.work(n)
		var senders []*generator
		for range n {
			senders = append(senders, s.generator(todo))
		}
		var batch probeBatch
		for i := 0; len(senders) > 0; i++ {
			at := i % len(senders)
			senders[at].allLeft(0) // what it made last
			if batch.n, _ = senders[at].fill(batch.probes[:], 0); batch.n == 0 {
				senders = append(senders[:at], senders[at+1:]...)
			} else if !yield(at, &batch) {
				return
			}
		}
	}
}

// TestChecksumsOfTenMillionProbes sums every byte of more than 10^7 frames as they would be in the ring, in all profiles,
// with a tag and without.
func TestChecksumsOfTenMillionProbes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	mem, slots := make([]byte, txSize*txSlot), make([]uint64, txSize)
	for i, slot := range r.Perm(txSize) {
		slots[i] = uint64(slot * txSlot)
	}
	total := 0
	for _, profile := range []packet.Profile{packet.SmallestProbes, packet.Windows, packet.Linux, packet.BSD} {
		for _, vlan := range []uint16{0, 77} {
			cfg := dry(t, blocklist.All(), 80, 443, 65535)
			cfg.Seed, cfg.Key, cfg.MaxTargets = r.Uint64(), NewKey(), 1_300_000
			cfg.Sources = []uint32{r.Uint32()}
			cfg.Link = packet.Config{Profile: profile, VLAN: vlan, Timestamp: r.Uint32(), TTL: uint8(1 + r.IntN(255))}
			s, err := prepare(cfg)
			if err != nil {
				t.Fatal(err)
			}
			at := 0
			for _, b := range takeTurns(s, 1) {
				at = (at + b.n) % (txSize - batchSize)
				s.syn.PatchAll(mem, slots[at:], b.probes[:b.n])
				for i := range b.n {
					if err := packet.VerifyChecksums(mem[slots[at+i]:][:s.syn.Len()]); err != nil {
						t.Fatalf("%v, VLAN %d, %+v: %v", profile, vlan, b.probes[i], err)
					}
				}
				total += b.n
			}
		}
	}
	if total < 10_000_000 {
		t.Errorf("%d frames looked at, want more than ten million", total)
	}
}
