package privilege

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asChild, set in the environment, makes the test binary the process that gives something up: there is no way back.
const asChild = "PRIVILEGE_TEST_CHILD"

// children are what such a process does; what they print is looked at.
var children = map[string]func(args []string) error{
	"drop":  dropInChild,
	"fence": fenceInChild,
	"keep":  keepInChild,
}

func TestMain(m *testing.M) {
	name := os.Getenv(asChild)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := children[name](os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child runs one of children and returns the lines that it prints.
func child(t *testing.T, name string, args ...string) []string {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), asChild+"="+name)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("child %s: %v\n%s", name, err, &stderr)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// needRoot skips with the reason, except where everything is to be tested.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("XSWEEP_REQUIRE_NETNS") == "1" {
		t.Fatal("root is needed")
	}
	t.Skip("root is needed")
}
