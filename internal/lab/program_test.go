package lab

import (
	"errors"
	"os"
	"testing"

	"github.com/cilium/ebpf"
)

const (
	xdpDrop     = 1
	xdpTX       = 3 // also what a redirect does while the device map is empty
	xdpRedirect = 4
)

// loadTestProgram loads the program without attaching it, to be run on single frames by BPF_PROG_TEST_RUN.
func loadTestProgram(t testing.TB, cfg SimConfig) (*worldProgram, *truth) {
	t.Helper()
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = 1 << 10 // the default is slow to make and unmake
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	truth := newTruth(&cfg)
	p, err := loadProgram(&cfg, &truth)
	if errors.Is(err, os.ErrPermission) && os.Getenv("XSWEEP_REQUIRE_NETNS") != "1" {
		t.Skipf("needs CAP_BPF and CAP_NET_ADMIN: %v", err)
	}
	if err != nil {
		if verifier, ok := errors.AsType[*ebpf.VerifierError](err); ok {
			t.Fatalf("%+v", verifier)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { p.objects.Close() })
	return p, &truth
}

func (p *worldProgram) run(t testing.TB, frame []byte) (uint32, []byte) {
	t.Helper()
	verdict, out, err := p.objects.World.Test(frame)
	if err != nil {
		t.Fatalf("run on %x: %v", frame, err)
	}
	return verdict, out
}

func (p *worldProgram) mustCount(t testing.TB) Counters {
	t.Helper()
	c, err := p.counters()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// findTarget looks for a target with the outcome, from a start that depends on n.
func findTarget(t testing.TB, truth *truth, want Outcome, n uint32) (uint32, uint16) {
	t.Helper()
	for addr := truth.network + 4 + 97*n; ; addr++ {
		for port := range uint16(16) {
			if truth.outcome(addr, port) == want {
				return addr, port
			}
		}
		if addr&^truth.mask == ^truth.mask {
			t.Fatalf("no target is %v", want)
		}
	}
}

func outcomeOfReply(t testing.TB, verdict uint32, out []byte) Outcome {
	t.Helper()
	switch {
	case verdict == xdpDrop:
		return Silent
	case verdict != xdpTX:
		t.Fatalf("verdict %d", verdict)
	case out[23] == 1:
		return Unreachable
	case out[47] == 0x12:
		return Open
	case out[47] == 0x14:
		return Closed
	}
	t.Fatalf("not an answer: %x", out)
	return 0
}

// BenchmarkProgram measures the program alone on a probe that it does not answer, as most are not.
func BenchmarkProgram(b *testing.B) {
	for _, bb := range []struct {
		name string
		cfg  SimConfig
	}{
		{"drop=on", SimConfig{Drop: true}},
		{"drop=on,clock=coarse", SimConfig{Drop: true, CoarseClock: true}},
		{"drop=on,clock=coarse,checksums=skip", SimConfig{Drop: true, CoarseClock: true, SkipChecksums: true}},
		{"silent=100%", SimConfig{}},
		{"silent=100%,clock=coarse", SimConfig{CoarseClock: true}},
		{"silent=100%,clock=coarse,coverage=on", SimConfig{CoarseClock: true, CoveragePorts: []uint16{80, 443}}},
		{"silent=100%,clock=coarse,faults=on", SimConfig{CoarseClock: true, Loss: 0.01, Duplicate: 0.01, WrongAck: 0.01}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			p, _ := loadTestProgram(b, bb.cfg)
			for _, profile := range optionProfiles[1:4] {
				frame := rawTCP(segment{dst: 0xC6120304, dport: 80, flags: 0x02, options: profile.options})
				b.Run("options="+profile.name, func(b *testing.B) {
					const repeat = 1 << 18
					var sum float64
					n := 0
					for b.Loop() {
						_, each, err := p.objects.World.Benchmark(frame, repeat, nil)
						if err != nil {
							b.Fatal(err)
						}
						sum += float64(each.Nanoseconds())
						n++
					}
					b.ReportMetric(sum/float64(n), "ns/probe")
				})
			}
		})
	}
}
