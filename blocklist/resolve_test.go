package blocklist

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// zone is a name server that counts its questions.
type zone struct {
	hosts map[string]string // names in small letters to addresses, joined by blanks
	mu    sync.Mutex
	asked map[string]int
}

var errNXDomain = errors.New("no such host")

func (z *zone) lookup(_ context.Context, host string) ([]netip.Addr, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.asked == nil {
		z.asked = make(map[string]int)
	}
	z.asked[host]++
	found, ok := z.hosts[strings.ToLower(host)]
	if !ok {
		return nil, errNXDomain
	}
	var addrs []netip.Addr
	for word := range strings.FieldsSeq(found) {
		addrs = append(addrs, netip.MustParseAddr(word))
	}
	return addrs, nil
}

func testZone() *zone {
	return &zone{hosts: map[string]string{
		"one.example":  "198.18.0.1",
		"two.example":  "198.18.0.7 2001:db8::1 198.18.2.9",
		"six.example":  "2001:db8::1",
		"none.example": "",
		"mapped":       "::ffff:198.18.0.1", // as net.Resolver may return IPv4
	}}
}

func TestLoaderEntry(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // ranges, or the message
	}{
		{"address", "198.18.0.1", "[198.18.0.1]"},
		{"prefix", "198.18.0.1/15", "[198.18.0.0/15]"},
		{"range", "198.18.0.1-198.18.0.9", "[198.18.0.1-198.18.0.9]"},
		{"host name", "one.example", "[198.18.0.1]"},
		{"all IPv4 addresses of a host", "TWO.example", "[198.18.0.7 198.18.2.9]"},
		{"host with a prefix length", "two.example/24", "[198.18.0.0/24 198.18.2.0/24]"},
		{"host with IPv4 in IPv6", "mapped", "[198.18.0.1]"},
		{"host with IPv6 alone", "six.example", `"six.example": host name is not resolved: it has no IPv4 address`},
		{"host without addresses", "none.example/24", `"none.example/24": host name is not resolved: it has no IPv4 address`},
		{"unknown host", "missing.example", `"missing.example": host name is not resolved: no such host`},
		{"host with a bad prefix length", "one.example/33", `"one.example/33": prefix length must be 0 to 32`},
		{"host with a port", "one.example:80", `"one.example:80": want an IPv4 address, prefix or range, as 198.18.0.1, 198.18.0.0/15 or 198.18.0.1-198.18.0.9; or a host name`},
		{"mistyped address", "198.18.0.300", `"198.18.0.300": want an IPv4 address, prefix or range, as 198.18.0.1, 198.18.0.0/15 or 198.18.0.1-198.18.0.9; or a host name`},
		{"mistyped prefix length", "10.0.0.0/l6", `"10.0.0.0/l6": prefix length must be 0 to 32`},
		{"leading zero", "010.0.0.1", `"010.0.0.1": "010.0.0.1": numbers must not begin with 0, which some programs take for octal`},
		{"IPv6", "2001:db8::1", `"2001:db8::1": IPv6 is not supported yet; want IPv4`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := Loader{Lookup: testZone().lookup, Skip: func(*ParseError) { t.Error("Entry called Skip") }}
			ranges, err := l.Entry(context.Background(), tt.text)
			got := fmt.Sprint(ranges)
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("Entry(%q) = %s, want %s", tt.text, got, tt.want)
			}
		})
	}
}

func TestLoaderResolvesTheHostsOfAList(t *testing.T) {
	z := testZone()
	got, err := setOf(Loader{Lookup: z.lookup}, "two.example # c\none.example\n203.0.113.7\nTwo.Example/31\none.example\n")
	if want := "198.18.0.1 198.18.0.6/31 198.18.2.8/31 203.0.113.7"; err != nil || text(got) != want {
		t.Errorf("Set = %v, %v, want %v", got, err, want)
	}
	if len(z.asked) != 2 || z.asked["two.example"] != 1 || z.asked["one.example"] != 1 {
		t.Errorf("looked up %v, want each distinct name once", z.asked)
	}
}

func TestLoaderNamesTheHostThatFails(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"unknown", "one.example\n\nmissing.example # c\n", `stdin:3: "missing.example": host name is not resolved: no such host`},
		{"no IPv4 address", "six.example/24\n", `stdin:1: "six.example": host name is not resolved: it has no IPv4 address`},
		{"first use counts", "\nmissing.example\nMISSING.example\n", `stdin:2: "missing.example": host name is not`},
		{"bad line after it is found first", "missing.example\n198.18.0.300\n", `stdin:2: "198.18.0.300": want an IPv4 address`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := setOf(Loader{Lookup: testZone().lookup}, tt.file)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Set(%q): %v, want an error that begins %s", tt.file, err, tt.want)
			}
			if strings.HasSuffix(tt.want, "no such host") && !errors.Is(err, errNXDomain) {
				t.Errorf("Set(%q): the cause is not in the chain of %#v", tt.file, err)
			}
		})
	}
}

func TestLoaderSkipsHostsThatFail(t *testing.T) {
	var got []string
	l := Loader{Lookup: testZone().lookup, Skip: func(bad *ParseError) { got = append(got, fmt.Sprint(bad.Line, " ", bad.Text)) }}
	s, err := setOf(l, "missing.example\none.example\nsix.example\n?\nmissing.example\n")
	if err != nil || text(s) != "198.18.0.1" {
		t.Errorf("Set = %v, %v, want 198.18.0.1", s, err)
	}
	if want := "[4 ? 1 missing.example 3 six.example 5 missing.example]"; fmt.Sprint(got) != want {
		t.Errorf("skipped %v, want %v", got, want)
	}
}

// TestLookupsRunTogether has the look-ups wait for each other: it ends only if 32 are under way at a time, and counts
// that there are never more.
func TestLookupsRunTogether(t *testing.T) {
	var file strings.Builder
	for i := range 4 * maxLookups {
		fmt.Fprintf(&file, "host%d.example\n", i)
	}
	var running atomic.Int64
	var once sync.Once
	full := make(chan struct{})
	lookup := func(context.Context, string) ([]netip.Addr, error) {
		n := running.Add(1)
		defer running.Add(-1)
		if n > maxLookups {
			return nil, fmt.Errorf("%d look-ups at a time", n)
		}
		if n == maxLookups {
			once.Do(func() { close(full) })
		}
		select {
		case <-full:
			return []netip.Addr{netip.MustParseAddr("198.18.0.1")}, nil
		case <-time.After(10 * time.Second):
			return nil, fmt.Errorf("%d look-ups at a time", n)
		}
	}
	if s, err := setOf(Loader{Lookup: lookup}, file.String()); err != nil || s.Len() != 1 {
		t.Errorf("Set = %v, %v, want %d look-ups at a time", s, err, maxLookups)
	}
}

func TestContextEndsLookups(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l := Loader{
		Stdin: strings.NewReader("a.example\nb.example\n"),
		Lookup: func(ctx context.Context, _ string) ([]netip.Addr, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		},
		Skip: func(bad *ParseError) { t.Errorf("skipped %v", bad) },
	}
	if _, err := l.Set(ctx, "-"); !errors.Is(err, context.Canceled) {
		t.Errorf("Set: %v, want context.Canceled", err)
	}
}
