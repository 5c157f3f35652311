package lab

import (
	"encoding/binary"
	"math"
	"testing"
)

// TestFaults holds loss, wrong acks and duplicates to their shares, and the counters to what comes out.
func TestFaults(t *testing.T) {
	const probes = 20000
	cfg := SimConfig{Key: 1, Open: 0.5, Closed: 0.2, ICMP: 0.2, Loss: 0.1, WrongAck: 0.05, Duplicate: 0.2, DuplicateCopies: 3}
	p, truth := loadTestProgram(t, cfg)
	var got struct{ lost, wrong, right, copies uint64 }
	for i := range uint32(probes) {
		addr, port, seq := 0xC6130000+i, uint16(i), i*7
		verdict, out := p.run(t, rawSYN(addr, port, seq))
		if verdict == xdpDrop {
			if truth.outcome(addr, port) != Silent {
				got.lost++
			}
			continue
		}
		if verdict == xdpRedirect {
			got.copies += uint64(cfg.DuplicateCopies)
		}
		decode(t, out)
		echoed := binary.BigEndian.Uint32(out[42:]) - 1
		if out[23] == 1 {
			echoed = binary.BigEndian.Uint32(out[66:])
		}
		if echoed == seq {
			got.right++
		} else {
			got.wrong++
		}
	}
	c := p.mustCount(t)
	if c.WrongAcks != got.wrong || c.Answered() != got.right || c.Duplicates != got.copies {
		t.Errorf("counters %+v do not match what came out: %+v", c, got)
	}
	if sum := c.Lost + c.WrongAcks + c.Open + c.Closed + c.Unreachable + c.Silent; c.SYNs != probes || sum != probes {
		t.Errorf("%d SYNs, of which %d are accounted for; want %d", c.SYNs, sum, probes)
	}
	answers := float64(c.Answered() + c.WrongAcks)
	for _, share := range []struct {
		name           string
		got, of, share float64
	}{
		{"lost", float64(c.Lost), probes, cfg.Loss},
		{"wrong", float64(c.WrongAcks), answers, cfg.WrongAck},
		{"duplicated", float64(c.Duplicates) / 3, answers, cfg.Duplicate},
	} {
		want := share.of * share.share
		if math.Abs(share.got-want) > 5*math.Sqrt(want) {
			t.Errorf("%v of %v are %s, want about %v", share.got, share.of, share.name, want)
		}
	}
}

// TestSecondProbe meets its own luck: with half of the probes lost, two to a target do not share one fate.
func TestSecondProbe(t *testing.T) {
	p, _ := loadTestProgram(t, SimConfig{Open: 1, Loss: 0.5})
	verdicts := map[uint32]int{}
	for range 100 {
		verdict, _ := p.run(t, rawSYN(0xC6120304, 80, 1))
		verdicts[verdict]++
	}
	if verdicts[xdpDrop] < 20 || verdicts[xdpTX] < 20 {
		t.Errorf("verdicts on 100 probes to one target: %v", verdicts)
	}
}
