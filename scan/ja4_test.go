package scan

import (
	"net/netip"
	"regexp"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
)

// TestJA4T knows what each profile looks like. That of bsd is what FoxIO has for macOS.
func TestJA4T(t *testing.T) {
	for profile, want := range map[packet.Profile]string{
		packet.SmallestProbes: "65535_2_1460_00",
		packet.Windows:        "65535_2-1-3-1-1-4_1460_8",
		packet.Linux:          "65535_2-4-8-1-3_1460_7",
		packet.BSD:            "65535_2-1-3-1-1-8-4-0-0_1460_6",
	} {
		for _, vlan := range []uint16{0, 7} {
			syn, err := packet.NewTemplate(packet.Config{Profile: profile, VLAN: vlan, Timestamp: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := (&Scan{syn: syn}).JA4T(); got != want {
				t.Errorf("%v, VLAN %d: JA4T() = %s, want %s", profile, vlan, got, want)
			}
		}
	}
}

// TestRecordKinds takes a fingerprint from reply to record, and none where it was not asked for.
func TestRecordKinds(t *testing.T) {
	r := packet.Reply{Kind: packet.SYNACK, Window: 65160, HasMSS: true, MSS: 1460, HasWScale: true, WScale: 7,
		OptionKinds: [packet.MaxOptions]uint8{2, 4, 8, 1, 3}, NumOptions: 5}
	var rec output.Record
	record(&r, 1, 2, &rec)
	if rec.HasOptionKinds || rec.NumOptions != 0 {
		t.Errorf("a record that nobody wants kinds of has %d", rec.NumOptions)
	}
	recordKinds(&r, &rec)
	if got, want := rec.JA4(), "65160_2-4-8-1-3_1460_7"; !rec.HasOptionKinds || got != want {
		t.Errorf("JA4() = %s, want %s", got, want)
	}
}

// TestScanTakesFingerprints scans the kernel's TCP stack, whose answers depend on what it is asked.
func TestScanTakesFingerprints(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	listener := netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, 1, 1}), 443)
	if _, err := l.KernelWorld([]netip.AddrPort{listener}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		profile packet.Profile
		kinds   bool
		want    string // pattern
	}{
		{"linux", packet.Linux, true, `^\d+_2-4-8-1-3_\d+_\d+$`},
		{"windows", packet.Windows, true, `^\d+_2-1-1-4-1-3_\d+_\d+$`},
		{"smallest", packet.SmallestProbes, true, `^\d+_2_\d+_00$`},
		{"not asked for", packet.Linux, false, "^$"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := labConfig(t, l, 5000, 443)
			cfg.Targets, cfg.OptionKinds, cfg.Link.Profile = set(t, "198.18.1.0/30"), tt.kinds, tt.profile
			s := openScan(t, l, cfg)
			scan := output.ScanInfo{}
			if tt.kinds {
				scan.JA4T = s.JA4T()
			}
			rows := runForRows(t, s, output.Config{Scan: scan}, "classification,ja4ts,ja4t")
			open := 0
			for _, row := range rows {
				want := regexp.MustCompile("^$")
				if row[0] == "synack" {
					open++
					want = regexp.MustCompile(tt.want)
				}
				if !want.MatchString(row[1]) || row[0] != "icmp" && row[2] != scan.JA4T {
					t.Errorf("%v, want a ja4ts like %v and the ja4t %q", row, want, scan.JA4T)
				}
			}
			if open != 1 {
				t.Errorf("%d open ports found, 1 is there", open)
			}
		})
	}
}
