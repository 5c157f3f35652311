package scan

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

var update = flag.Bool("update", false, "write testdata anew")

// vectorCases are the inputs of testdata/cookie.txt: key, our address, target, port, source ports.
func vectorCases() []vectorCase {
	cases := []vectorCase{
		{Key{0x0706050403020100, 0x0f0e0d0c0b0a0908}, 0xc6120001, 0xc6130203, 443, DefaultSourcePorts},
		{Key{1, 0}, 0xc6120001, 0, 0, PortRange{40000, 40000}},
		{Key{0, 1}, 0xffffffff, 0xffffffff, 65535, PortRange{0, 65535}},
		{Key{^uint64(0), ^uint64(0)}, 1, 0x80000000, 32768, PortRange{65534, 65535}},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		first := uint16(r.Uint32())
		cases = append(cases, vectorCase{Key{r.Uint64(), r.Uint64()}, r.Uint32(), r.Uint32(), uint16(r.Uint32()),
			PortRange{first, first + uint16(r.Uint32N(65536-uint32(first)))}})
	}
	return cases
}

type vectorCase struct {
	key        Key
	us, target uint32
	port       uint16
	ports      PortRange
}

// probe is the first probe of a target.
func (s *source) probe(target uint32, port uint16, r PortRange) packet.Probe {
	var p packet.Probe
	s.write(&p, target, port, s.cookie(target, port), r, 0)
	return p
}

func (c vectorCase) line() string {
	s := newSource(c.key, c.us)
	p := s.probe(c.target, c.port, c.ports)
	return fmt.Sprintf("%016x %016x %v %v %d %d %d %08x %d %04x\n", c.key[0], c.key[1], blocklist.ToAddr(c.us),
		blocklist.ToAddr(c.target), c.port, c.ports.First, c.ports.Last, p.Seq, p.SrcPort, p.ID)
}

// TestCookieVectors holds the cookie to the file that the BPF program's tests read, too. Changing it breaks the answer
// to every probe that is on its way, and every checkpoint.
func TestCookieVectors(t *testing.T) {
	var b strings.Builder
	b.WriteString("# key0 key1 us target port first last : seq source-port id\n")
	for _, c := range vectorCases() {
		b.WriteString(c.line())
	}
	const file = "testdata/cookie.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("cookies differ from %s:\ngot\n%swant\n%s", file, got, want)
	}
}

// sipReference is SipHash-c-d as its paper states it, over any message.
func sipReference(c, d int, key Key, msg []byte) uint64 {
	s := sip{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573}
	padded := append([]byte(nil), msg...)
	for len(padded)%8 != 7 {
		padded = append(padded, 0)
	}
	padded = append(padded, byte(len(msg)))
	for ; len(padded) > 0; padded = padded[8:] {
		var m uint64
		for i := range 8 {
			m |= uint64(padded[i]) << (8 * i)
		}
		s.d ^= m
		for range c {
			s.a, s.b, s.c, s.d = round(s.a, s.b, s.c, s.d)
		}
		s.a ^= m
	}
	s.c ^= 0xff
	for range d {
		s.a, s.b, s.c, s.d = round(s.a, s.b, s.c, s.d)
	}
	return s.a ^ s.b ^ s.c ^ s.d
}

// TestSipReference checks the rounds with the value that the paper of SipHash gives for SipHash-2-4 (appendix A).
func TestSipReference(t *testing.T) {
	msg := make([]byte, 15)
	for i := range msg {
		msg[i] = byte(i)
	}
	if got, want := sipReference(2, 4, Key{0x0706050403020100, 0x0f0e0d0c0b0a0908}, msg), uint64(0xa129ca6149be45e5); got != want {
		t.Errorf("SipHash-2-4 = %#x, want %#x", got, want)
	}
}

// TestCookieIsSipHash compares the two-block shortcut with the hash of the message spelled out.
func TestCookieIsSipHash(t *testing.T) {
	for _, c := range vectorCases() {
		a, b := c.us, c.target
		msg := []byte{byte(a), byte(a >> 8), byte(a >> 16), byte(a >> 24), 0, 0, 0, 0,
			byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24), byte(c.port), byte(c.port >> 8)}
		s := newSource(c.key, c.us)
		if got, want := uint64(s.cookie(c.target, c.port)), sipReference(1, 3, c.key, msg); got != want {
			t.Errorf("cookie of %+v = %#x, want %#x", c, got, want)
		}
	}
}

// TestSourcePortsAreSpread has each of a few ports chosen about as often as the others.
func TestSourcePortsAreSpread(t *testing.T) {
	s := newSource(Key{1, 2}, 3)
	r := PortRange{100, 109}
	var count [10]int
	const n = 100000
	for i := range n {
		p := s.cookie(uint32(i), 80).port(r)
		if p < r.First || p > r.Last {
			t.Fatalf("port %d is not in %v", p, r)
		}
		count[p-r.First]++
	}
	for i, c := range count {
		if c < n/10*9/10 || c > n/10*11/10 {
			t.Errorf("port %d chosen %d times of %d", int(r.First)+i, c, n)
		}
	}
}

func TestShift(t *testing.T) {
	r := PortRange{10, 13}
	for n, want := range []uint16{12, 13, 10, 11, 12} {
		if got := shift(12, r, n); got != want {
			t.Errorf("shift(12, %v, %d) = %d, want %d", r, n, got, want)
		}
	}
}

// TestCookiesAreTheCookieOfEach: however many are hashed side by side, each is what it is alone.
func TestCookiesAreTheCookieOfEach(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 100 {
		s := newSource(Key{r.Uint64(), r.Uint64()}, r.Uint32())
		messages, got, want := make([]uint64, n), make([]uint64, n), make([]uint64, n)
		for i := range messages {
			addr, port := r.Uint32(), uint16(r.Uint32())
			messages[i], want[i] = message(addr, port), uint64(s.cookie(addr, port))
		}
		s.cookies(got, messages)
		if !slices.Equal(got, want) {
			t.Fatalf("%d at once:\n got %x\nwant %x", n, got, want)
		}
	}
}

// BenchmarkCookies hashes a batch, by whatever the processor has and one by one.
func BenchmarkCookies(b *testing.B) {
	s := newSource(Key{1, 2}, 3)
	for _, bm := range []struct {
		name string
		hash func(cookies, messages []uint64)
	}{{"best", s.cookies}, {"each", s.cookiesEach}} {
		b.Run("by="+bm.name, func(b *testing.B) {
			cookies, messages := make([]uint64, batchSize), make([]uint64, batchSize)
			for b.Loop() {
				bm.hash(cookies, messages)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batchSize, "ns/cookie")
		})
	}
}
