package labtest

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
)

// recorder notes how a test would have ended.
type recorder struct {
	testing.TB
	end string
}

func (r *recorder) Helper()              {}
func (r *recorder) Skipf(string, ...any) { r.finish("skip") }
func (r *recorder) Fatal(...any)         { r.finish("fail") }

func (r *recorder) finish(end string) {
	if r.end == "" { // a real Skipf does not return
		r.end = end
	}
}

func TestSkipOrFail(t *testing.T) {
	denied := fmt.Errorf("make lab: %w: CAP_NET_ADMIN", lab.ErrPrivilege)
	filtered := fmt.Errorf("make lab: %w", os.ErrPermission)
	tests := []struct {
		name    string
		err     error
		require string
		want    string
	}{
		{"capability missing", denied, "", "skip"},
		{"call filtered", filtered, "", "skip"},
		{"another error", errors.New("no such device"), "", "fail"},
		{"capability missing but required", denied, "1", "fail"},
		{"call filtered but required", filtered, "1", "fail"},
		{"required is not 1", denied, "0", "skip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(RequireEnv, tt.require)
			r := &recorder{}
			SkipOrFail(r, tt.err)
			if r.end != tt.want {
				t.Errorf("SkipOrFail(%v) with %s=%q ends with %q, want %q", tt.err, RequireEnv, tt.require, r.end, tt.want)
			}
		})
	}
}
