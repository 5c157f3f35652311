package packet

import "testing"

func TestParseProfile(t *testing.T) {
	for p := range Profile(len(profileNames)) {
		got, err := ParseProfile(p.String())
		if got != p || err != nil {
			t.Errorf("ParseProfile(%q) = %v, %v, want %v", p.String(), got, err, p)
		}
	}
	for _, name := range []string{"", "Windows", "linux ", "smallest", "Profile(9)"} {
		if p, err := ParseProfile(name); err == nil {
			t.Errorf("ParseProfile(%q) = %v, want an error", name, p)
		}
	}
	if got := Profile(9).String(); got != "Profile(9)" {
		t.Errorf("Profile(9).String() = %q", got)
	}
}

// TestProfileZeroIsSmallest holds the default that callers rely on.
func TestProfileZeroIsSmallest(t *testing.T) {
	var p Profile
	if p != SmallestProbes || p.String() != "smallest-probes" {
		t.Errorf("zero Profile is %v, want smallest-probes", p)
	}
}
