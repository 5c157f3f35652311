package scan

import (
	"errors"
	"testing"
)

func TestParseResetPolicy(t *testing.T) {
	for _, p := range resetPolicies {
		if got, err := ParseResetPolicy(p.String()); err != nil || got != p {
			t.Errorf("ParseResetPolicy(%q) = %v, %v", p.String(), got, err)
		}
	}
	for _, bad := range []string{"", "Reply", "rst", ResetPolicy(3).String()} {
		if got, err := ParseResetPolicy(bad); err == nil {
			t.Errorf("ParseResetPolicy(%q) = %v, want an error", bad, got)
		}
	}
	cfg := dry(t, set(t, "198.18.0.0/30"), 80)
	cfg.Reset = 3
	if _, err := cfg.withDefaults(); !errors.Is(err, ErrConfig) {
		t.Errorf("a policy that there is not: %v, want ErrConfig", err)
	}
}
