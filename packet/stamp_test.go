package packet

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestStampedIsANewTemplate: the frames of a template with another timestamp are those of one that was made with it,
// patched and put, over frames of the time before.
func TestStampedIsANewTemplate(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, profile := range []Profile{Linux, BSD} {
		for _, vlan := range []uint16{0, 7} {
			cfg := Config{VLAN: vlan, Profile: profile, Timestamp: 12345}
			tmpl := newTemplate(t, false, cfg)
			mem, at := ring(rng, 37)
			probes := make([]Probe, len(at))
			for _, stamp := range []uint32{12345, 0, 1, 0xffff, 0x10000, 0xffffffff, rng.Uint32(), rng.Uint32()} {
				for i := range probes {
					probes[i] = randomProbe(rng)
				}
				stamped := tmpl.Stamped(stamp)
				stamped.PatchAll(mem, at, probes)
				stamped.StampAll(mem, at, len(at))
				cfg.Timestamp = stamp
				fresh := newTemplate(t, false, cfg)
				for i := range probes {
					want := put(fresh, &probes[i])
					if got := mem[at[i]:][:len(want)]; !bytes.Equal(got, want) {
						t.Fatalf("%v, VLAN %d, timestamp %#x:\n got %x\nwant %x", profile, vlan, stamp, got, want)
					}
					if err := VerifyChecksums(want); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

func TestHasTimestamp(t *testing.T) {
	for profile, want := range map[Profile]bool{SmallestProbes: false, Windows: false, Linux: true, BSD: true} {
		if got := newTemplate(t, false, Config{Profile: profile}).HasTimestamp(); got != want {
			t.Errorf("%v has a timestamp: %v, want %v", profile, got, want)
		}
	}
	if newTemplate(t, true, Config{Profile: Linux}).HasTimestamp() {
		t.Error("a RST has a timestamp")
	}
}

// BenchmarkStamp is what timestamps add to PatchAll.
func BenchmarkStamp(b *testing.B) {
	tmpl := newTemplate(b, false, Config{Profile: Linux})
	const batch = 256
	rng := rand.New(rand.NewPCG(1, 1))
	mem, at := ring(rng, benchmarkSlots)
	probes := make([]Probe, batch)
	for i := range probes {
		probes[i] = randomProbe(rng)
	}
	for _, on := range []bool{false, true} {
		b.Run(map[bool]string{false: "rtt=off", true: "rtt=on"}[on], func(b *testing.B) {
			b.ReportAllocs()
			for i := uint32(0); b.Loop(); i++ {
				first := int(i) * batch % benchmarkSlots
				if !on {
					tmpl.PatchAll(mem, at[first:], probes)
					continue
				}
				stamped := tmpl.Stamped(i)
				stamped.PatchAll(mem, at[first:], probes)
				stamped.StampAll(mem, at[first:], batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/frame")
		})
	}
}
