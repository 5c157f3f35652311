// Package labtest gives tests a Lab, or skips them where there cannot be one.
package labtest

import (
	"errors"
	"os"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
)

// RequireEnv names the environment variable that, set to 1, makes tests fail that would be skipped for want of a privilege.
const RequireEnv = "XSWEEP_REQUIRE_NETNS"

// New makes a Lab that is closed when the test ends. If the process may not make one, the test is skipped with a message
// that names the missing privilege, or fails under XSWEEP_REQUIRE_NETNS=1. Any other error fails the test.
func New(t testing.TB, cfg lab.Config) *lab.Lab {
	t.Helper()
	l, err := lab.New(cfg)
	if err != nil {
		SkipOrFail(t, err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close lab: %v", err)
		}
	})
	return l
}

// SkipOrFail ends a test that could not have what it needs: it skips it if err says that a privilege is missing and
// privileges are not required, and fails it otherwise.
func SkipOrFail(t testing.TB, err error) {
	t.Helper()
	denied := errors.Is(err, lab.ErrPrivilege) || errors.Is(err, os.ErrPermission)
	if denied && os.Getenv(RequireEnv) != "1" {
		t.Skipf("needs privileges: %v", err)
	}
	t.Fatal(err)
}
