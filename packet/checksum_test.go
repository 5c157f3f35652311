package packet

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestFoldHigh compares with the definition: the sum modulo 2^16-1, in which only an empty sum is 0.
func TestFoldHigh(t *testing.T) {
	sums := []uint64{
		0, 1, 0xfffe, 0xffff, 0x10000, 0x1fffe, 0x1ffff, 0xffff0000, 0xffffffff, 0x1_0000_0000, 0x1_ffff_fffe,
		0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff, 0xffff_0000_ffff_0001, 0x0000_ffff_ffff_0000,
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		sums = append(sums, rng.Uint64()>>rng.UintN(64))
	}
	for _, sum := range sums {
		want := sum % 0xffff
		if want == 0 && sum != 0 {
			want = 0xffff
		}
		if got := foldHigh(sum) >> 16; uint64(got) != want {
			t.Errorf("foldHigh(%#x)>>16 = %#x, want %#x", sum, got, want)
		}
	}
}

// TestAddOddLength pads the last byte on the right.
func TestAddOddLength(t *testing.T) {
	if got := add(1, []byte{0x12, 0x34, 0x56}); got != 1+0x1234+0x5600 {
		t.Errorf("add(1, 12 34 56) = %#x, want %#x", got, 1+0x1234+0x5600)
	}
	if got := onesSum(1, []byte{0x12, 0x34, 0x56}); got != 1+0x1234+0x5600 {
		t.Errorf("onesSum(1, 12 34 56) = %#x, want %#x", got, 1+0x1234+0x5600)
	}
}

// TestPutEveryChecksum runs through all 65,536 values of an ID and of a port, so that each sum takes every value that it
// can: those that carry twice in folding and that come out as 0 or 0xffff included.
func TestPutEveryChecksum(t *testing.T) {
	for _, f := range allTemplates(t) {
		seenIP, seenTCP := make([]bool, 1<<16), make([]bool, 1<<16)
		buf := make([]byte, MaxFrameLen)
		for i := range 1 << 16 {
			p := goldenProbe
			p.ID, p.SrcPort = uint16(i), uint16(i)
			frame := buf[:f.tmpl.Put(buf, &p)]
			if err := VerifyChecksums(frame); err != nil {
				t.Fatalf("%s, %+v: %v", f.name, p, err)
			}
			ip := frame[ethernetLen:]
			if f.cfg.VLAN != 0 {
				ip = ip[tagLen:]
			}
			seenIP[binary.BigEndian.Uint16(ip[10:12])] = true
			seenTCP[binary.BigEndian.Uint16(ip[36:38])] = true
		}
		// All but 0xffff: the sum of a header is never 0.
		for sum, ok := range seenIP[:0xffff] {
			if !ok || !seenTCP[sum] {
				t.Fatalf("%s: checksum %#04x never came up, in IPv4 %v, in TCP %v", f.name, sum, ok, seenTCP[sum])
			}
		}
	}
}

func randomProbe(rng *rand.Rand) Probe {
	ports, seq, id := rng.Uint32(), rng.Uint32(), rng.Uint32()
	return Probe{
		Src: rng.Uint32(), Dst: rng.Uint32(), // any address: the frames stay in memory
		SrcPort: uint16(ports >> 16), DstPort: uint16(ports), Seq: seq, ID: uint16(id),
	}
}

// TestPutTenMillion verifies both checksums of ten million random probes in full, over all layouts in turn. ZMap, which
// folds once too seldom, gets more than a hundred of so many wrong.
func TestPutTenMillion(t *testing.T) {
	n := 10_000_000
	if testing.Short() {
		n = 200_000
	}
	all := allTemplates(t)
	rng := rand.New(rand.NewPCG(5, 6))
	buf := make([]byte, MaxFrameLen)
	for i := range n {
		p := randomProbe(rng)
		f := &all[i%len(all)]
		if err := VerifyChecksums(buf[:f.tmpl.Put(buf, &p)]); err != nil {
			t.Fatalf("%s, %+v: %v", f.name, p, err)
		}
	}
}
