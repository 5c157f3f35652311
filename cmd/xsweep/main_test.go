package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// asXsweep, set in the environment, makes the test binary the program under test. Its value is the network namespace of
// the test: the program must find itself in another one, so that no mistake in the lab lets it out.
const asXsweep = "XSWEEP_TEST_AS_MAIN"

func currentNamespace() string {
	name, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return "unknown"
	}
	return name
}

func TestMain(m *testing.M) {
	if outside := os.Getenv(asXsweep); outside != "" {
		if now := currentNamespace(); now == outside || now == "unknown" {
			fmt.Fprintln(os.Stderr, "test: xsweep would run outside of the lab; refused")
			os.Exit(97)
		}
		main()
		return
	}
	if args := os.Getenv(asMeasured); args != "" {
		measureDryRun(strings.Fields(args))
		return
	}
	testscript.Main(m, map[string]func(){"xsweep": main})
}

// TestScripts runs command lines that need neither root nor a network.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
