package blocklist

import (
	"net/netip"
	"testing"
)

// FuzzDotted holds that dotted takes exactly what netip.ParseAddr takes for IPv4, and gives the same address.
func FuzzDotted(f *testing.F) {
	for _, text := range []string{
		"", "0.0.0.0", "255.255.255.255", "1.2.3.4", "256.0.0.1", "1.2.3.256", "01.2.3.4", "1.2.3.00", "1.2.3", "1.2.3.", "1..2.3",
		".1.2.3.4", "1.2.3.4.5", "1.2.3.4567", "0001.2.3.4", "1.2.3.4 ", "::ffff:1.2.3.4", "+1.2.3.4", "1.2.3.4%eth0",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addr, rest, ok := dotted([]byte(text))
		ok = ok && len(rest) == 0
		want, err := netip.ParseAddr(text)
		if ok != (err == nil && want.Is4()) {
			t.Fatalf("dotted(%q) = %v, %v, but netip says %v, %v", text, addr, ok, want, err)
		}
		if ok && ToAddr(addr) != want {
			t.Errorf("dotted(%q) = %v, want %v", text, ToAddr(addr), want)
		}
	})
}

// FuzzPlainEntry holds that plainEntry takes nothing that the careful reader refuses or understands otherwise.
func FuzzPlainEntry(f *testing.F) {
	for _, line := range []string{
		"198.18.0.1\n", "198.18.0.1/32\r\n", "198.18.3.4/8", "198.18.0.1-198.18.0.9\n", "1.2.3.4/33", "1.2.3.4/032", "1.2.3.4/08\n",
		"1.2.3.4/", "1.2.3.4-\n", "1.2.3.4-1.2.3.3", "1.2.3.4\r\r\n", "1.2.3.4\r", "1.2.3.4/8x", "1.2.3.4 # c\n", "1.2.3.4\n\n",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, ok := plainEntry([]byte(line))
		if !ok {
			return
		}
		word, err := entryOf([]byte(line))
		if err != nil {
			t.Fatalf("plainEntry(%q) = %v, entryOf says %v", line, r, err)
		}
		if want, err := parse(string(word)); err != nil || r != want {
			t.Errorf("plainEntry(%q) = %v, want %v, %v", line, r, want, err)
		}
	})
}

// TestPlainLinesTakeTheFastWay holds the other half: the lines that long lists are made of are not left to the careful
// reader.
func TestPlainLinesTakeTheFastWay(t *testing.T) {
	for _, line := range []string{"198.18.0.1\n", "198.18.0.1\r\n", "198.18.0.0/15\n", "198.18.0.1-198.18.0.9\r\n", "198.18.0.1"} {
		if _, ok := plainEntry([]byte(line)); !ok {
			t.Errorf("plainEntry(%q) does not take it", line)
		}
	}
	for _, line := range []string{"198.18.0.1:80\n", "198.18.0.1,65535\r\n", "198.18.0.1:0"} {
		if _, _, ok := plainPair([]byte(line)); !ok {
			t.Errorf("plainPair(%q) does not take it", line)
		}
	}
}
