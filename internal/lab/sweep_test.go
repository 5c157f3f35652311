package lab_test

import (
	"encoding/binary"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
)

type target struct {
	addr uint32
	port uint16
}

const firstTarget = lab.WorldAddr + 2

// sweep sends a SYN to n addresses on one port, and collects the answers until there are no more.
func sweep(t testing.TB, p *tap, n int, port uint16) map[target][][]byte {
	t.Helper()
	answers := map[target][][]byte{}
	collect := func() {
		for frame := p.receiveIP(); frame != nil; frame = p.receiveIP() {
			answers[targetOf(frame)] = append(answers[targetOf(frame)], frame)
		}
	}
	for i := range uint32(n) {
		p.send(lab.RawSYN(firstTarget+i, port, seqOf(firstTarget+i)))
	}
	collect()
	return answers
}

func seqOf(addr uint32) uint32 { return addr * 2654435761 }

// targetOf says which probe a frame answers.
func targetOf(frame []byte) target {
	if frame[23] == 1 { // quoted: the destination of our own packet
		return target{binary.BigEndian.Uint32(frame[58:]), binary.BigEndian.Uint16(frame[64:])}
	}
	return target{binary.BigEndian.Uint32(frame[26:]), binary.BigEndian.Uint16(frame[34:])}
}

func outcomeOf(frame []byte) lab.Outcome {
	switch {
	case frame[23] == 1:
		return lab.Unreachable
	case frame[47] == 0x12:
		return lab.Open
	case frame[47] == 0x14:
		return lab.Closed
	}
	return lab.Silent
}

func acknowledges(frame []byte, target target) bool {
	if frame[23] == 1 {
		return binary.BigEndian.Uint32(frame[66:]) == seqOf(target.addr)
	}
	return binary.BigEndian.Uint32(frame[42:]) == seqOf(target.addr)+1
}

func mustCount(t testing.TB, s *lab.Simulation) lab.Counters {
	t.Helper()
	c, err := s.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
