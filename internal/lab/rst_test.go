package lab

import (
	"testing"
)

// TestClosingRST accepts the RST that answers the world's SYN-ACK, and no other.
func TestClosingRST(t *testing.T) {
	const addr, port, seq = uint32(0xC6120304), uint16(443), uint32(0xffffffff) // the ack wraps to 0
	good := segment{dst: addr, sport: 40000, dport: port, seq: 0, flags: 0x04}
	tests := []struct {
		name   string
		change func(s *segment, isn uint32)
		spoil  func(frame []byte)
		good   bool
	}{
		{name: "as a kernel sends it", good: true},
		{name: "with the acknowledgement of the syn-ack", change: func(s *segment, isn uint32) { s.flags, s.ack = 0x14, isn+1 }, good: true},
		{name: "with another acknowledgement", change: func(s *segment, isn uint32) { s.flags, s.ack = 0x14, isn }},
		{name: "sequence number one too low", change: func(s *segment, _ uint32) { s.seq-- }},
		{name: "sequence number one too high", change: func(s *segment, _ uint32) { s.seq++ }},
		{name: "other source port", change: func(s *segment, _ uint32) { s.sport++ }},
		{name: "other target port", change: func(s *segment, _ uint32) { s.dport++ }},
		{name: "other target address", change: func(s *segment, _ uint32) { s.dst++ }},
		{name: "bad tcp checksum", spoil: func(f []byte) { f[51]++ }},
		{name: "bad ip checksum", spoil: func(f []byte) { f[25]++ }},
		{name: "malformed", spoil: func(f []byte) { f[46] = 0xf0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, truth := loadTestProgram(t, SimConfig{Open: 1})
			p.run(t, rawSYN(addr, port, seq))
			s := good
			if tt.change != nil {
				tt.change(&s, uint32(truth.hash(addr, port)>>32))
			}
			frame := rawTCP(s)
			if tt.spoil != nil {
				tt.spoil(frame)
			}
			if verdict, _ := p.run(t, frame); verdict != xdpDrop {
				t.Errorf("verdict is %d, want %d", verdict, xdpDrop)
			}
			c := p.mustCount(t)
			if got := c.RSTsGood == 1; got != tt.good || c.RSTsGood+c.RSTsBad != 1 {
				t.Errorf("counted %d good and %d bad, want good: %v", c.RSTsGood, c.RSTsBad, tt.good)
			}
		})
	}
}

// TestConnectionsForgotten fills the memory for connections past its end, and empties it.
func TestConnectionsForgotten(t *testing.T) {
	const room = 64
	p, _ := loadTestProgram(t, SimConfig{Open: 1, MaxConnections: room})
	for i := range uint16(room + 10) {
		p.run(t, rawSYN(0xC6120304, i, 1))
	}
	if got := p.mustCount(t).Untracked; got != 10 {
		t.Errorf("%d connections are untracked, want 10", got)
	}
	if err := p.reset(); err != nil {
		t.Fatal(err)
	}
	if got := p.mustCount(t); got != (Counters{}) {
		t.Errorf("counters after reset: %+v", got)
	}
	p.run(t, rawTCP(segment{dst: 0xC6120304, sport: 40000, dport: 3, seq: 2, flags: 0x04}))
	p.run(t, rawSYN(0xC6120304, 80, 1))
	if got := p.mustCount(t); got.RSTsBad != 1 || got.Untracked != 0 {
		t.Errorf("after reset, a connection is still known or there is no room: %+v", got)
	}
}
