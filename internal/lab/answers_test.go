package lab

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/gopacket/layers"
)

// TestAnswers decodes an answer of every kind to a probe of every option profile.
func TestAnswers(t *testing.T) {
	for _, profile := range optionProfiles {
		for _, outcome := range []Outcome{Open, Closed, Unreachable} {
			t.Run(profile.name+"/"+outcome.String(), func(t *testing.T) {
				p, truth := loadTestProgram(t, SimConfig{Key: 5, Open: 0.3, Closed: 0.3, ICMP: 0.3})
				for n := range uint32(40) { // so many, to meet every style of answer
					addr, port := findTarget(t, truth, outcome, n)
					seq := 0xfffffff0 + n // across the wrap
					probe := rawTCP(segment{
						dst: addr, sport: 61000, dport: port, seq: seq, flags: 0x02, options: profile.options,
						padding: int(n % 7),
					})
					verdict, out := p.run(t, probe)
					if verdict != xdpTX {
						t.Fatalf("verdict on probe of %v:%d is %d, want %d", toAddr(addr), port, verdict, xdpTX)
					}
					switch outcome {
					case Open:
						checkOpen(t, truth, probe, out)
					case Closed:
						checkClosed(t, probe, out)
					case Unreachable:
						checkUnreachable(t, truth, probe, out)
					}
				}
			})
		}
	}
}

// checkSegment checks what SYN-ACKs and RSTs have in common.
func checkSegment(t *testing.T, probe, answer []byte) *layers.TCP {
	t.Helper()
	if len(answer) < 60 {
		t.Errorf("answer of %d bytes is shorter than Ethernet's 60", len(answer))
	}
	p := decode(t, answer)
	eth := p.LinkLayer().(*layers.Ethernet)
	ip := p.NetworkLayer().(*layers.IPv4)
	tcp := p.TransportLayer().(*layers.TCP)
	if !bytes.Equal(eth.DstMAC, testScannerMAC) || !bytes.Equal(eth.SrcMAC, testWorldMAC) {
		t.Errorf("answer goes from %v to %v", eth.SrcMAC, eth.DstMAC)
	}
	if !bytes.Equal(ip.SrcIP, probe[30:34]) || !bytes.Equal(ip.DstIP, probe[26:30]) {
		t.Errorf("answer goes from %v to %v", ip.SrcIP, ip.DstIP)
	}
	if ip.TTL < 40 {
		t.Errorf("time to live is %d", ip.TTL)
	}
	sport, dport := binary.BigEndian.Uint16(probe[34:]), binary.BigEndian.Uint16(probe[36:])
	if uint16(tcp.SrcPort) != dport || uint16(tcp.DstPort) != sport {
		t.Errorf("answer goes from port %d to %d", tcp.SrcPort, tcp.DstPort)
	}
	if want := binary.BigEndian.Uint32(probe[38:]) + 1; tcp.Ack != want || !tcp.ACK {
		t.Errorf("answer acknowledges %d (ACK %v), want %d", tcp.Ack, tcp.ACK, want)
	}
	return tcp
}

func checkOpen(t *testing.T, truth *truth, probe, answer []byte) {
	t.Helper()
	tcp := checkSegment(t, probe, answer)
	if !tcp.SYN || tcp.RST || tcp.FIN || tcp.PSH {
		t.Errorf("flags of a SYN-ACK: %08b", answer[47])
	}
	if tcp.Window < 1024 {
		t.Errorf("window is %d", tcp.Window)
	}
	want := uint32(truth.hash(binary.BigEndian.Uint32(probe[30:]), binary.BigEndian.Uint16(probe[36:])) >> 32)
	if tcp.Seq != want {
		t.Errorf("initial sequence number is %d, want %d", tcp.Seq, want)
	}
	if len(tcp.Options) == 0 || tcp.Options[0].OptionType != layers.TCPOptionKindMSS {
		t.Errorf("options %v do not begin with an MSS", tcp.Options)
	}
	if offered := probe[46]>>4 >= 8; (len(tcp.Options) > 1) != offered {
		t.Errorf("options are %v, but the probe offering more is %v", tcp.Options, offered)
	}
}

func checkClosed(t *testing.T, probe, answer []byte) {
	t.Helper()
	tcp := checkSegment(t, probe, answer)
	if !tcp.RST || tcp.SYN || tcp.Seq != 0 || tcp.Window != 0 || len(tcp.Options) != 0 {
		t.Errorf("not a RST for a closed port: %+v", tcp)
	}
}

func checkUnreachable(t *testing.T, truth *truth, probe, answer []byte) {
	t.Helper()
	ip := decode(t, answer).NetworkLayer().(*layers.IPv4)
	icmp, quote := answer[34:42], answer[42:]
	router := binary.BigEndian.Uint32(ip.SrcIP)
	if router&truth.mask != truth.network || router == ScannerAddr || router == WorldAddr {
		t.Errorf("error comes from %v", ip.SrcIP)
	}
	if !bytes.Equal(ip.DstIP, probe[26:30]) || !bytes.Equal(answer[:6], testScannerMAC) {
		t.Errorf("error goes to %v", ip.DstIP)
	}
	if code := icmp[1]; icmp[0] != 3 || code != 1 && code != 3 && code != 13 {
		t.Errorf("error is of type %d, code %d", icmp[0], code)
	}
	if len(quote) != 28 && len(quote) != 20+int(probe[46]>>4)*4 {
		t.Errorf("quote is of %d bytes", len(quote))
	}
	if !bytes.Equal(quote, probe[14:][:len(quote)]) {
		t.Errorf("quote differs:\n got %x\nwant %x", quote, probe[14:])
	}
}

// TestStyles makes sure that the variety which the world is meant to have is there.
func TestStyles(t *testing.T) {
	p, truth := loadTestProgram(t, SimConfig{Key: 5, Open: 0.3, Closed: 0.3, ICMP: 0.3})
	codes, quotes, windows, ttls := map[byte]int{}, map[int]int{}, map[uint16]int{}, map[byte]int{}
	for n := range uint32(200) {
		addr, port := findTarget(t, truth, Unreachable, n)
		_, out := p.run(t, rawSYN(addr, port, n))
		codes[out[35]]++
		quotes[len(out)-42]++
		addr, port = findTarget(t, truth, Open, n)
		_, out = p.run(t, rawSYN(addr, port, n))
		windows[binary.BigEndian.Uint16(out[48:])]++
		ttls[out[22]]++
	}
	if len(codes) != 3 || len(quotes) != 2 || len(windows) != 4 || len(ttls) < 20 {
		t.Errorf("codes %v, quotes %v, windows %v, times to live %v", codes, quotes, windows, ttls)
	}
}
