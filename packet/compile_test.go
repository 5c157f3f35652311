package packet

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestHotPathCompilation asks the compiler what the speed of Put and Parse rests on: that the small functions are
// inlined, that nothing escapes, and that Put checks one bound, its buffer's length.
func TestHotPathCompilation(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command in PATH")
	}
	out, err := exec.Command(goTool, "build", "-gcflags=-m -d=ssa/check_bce", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, name := range []string{"foldHigh", "(*Template).Len", "(*Reply).start", "(*Reply).setOption", "(*Reply).ResetProbe"} {
		if !strings.Contains(string(out), "can inline "+name+"\n") {
			t.Errorf("%s is not inlined", name)
		}
	}
	checks := regexp.MustCompile(`(?m)^.*template\.go.*Found Is.*$`).FindAllString(string(out), -1)
	if len(checks) != 1 {
		t.Errorf("template.go has %d bounds checks, want 1:\n%s", len(checks), strings.Join(checks, "\n"))
	}
	escapes := regexp.MustCompile(`(?m)^.*(template|parse|header|checksum|reply)\.go.*(escapes to heap|moved to heap).*$`)
	for _, line := range escapes.FindAllString(string(out), -1) {
		if !strings.Contains(line, "reply.go") { // Kind.String formats unknown kinds
			t.Errorf("allocation: %s", line)
		}
	}
}
