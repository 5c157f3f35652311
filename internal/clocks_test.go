package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Go's time.Now reads two clocks. What is only compared or subtracted goes by the one that never jumps; what is printed,
// stored or sent, or has gone through Round, UTC or In, by the time of day, which an administrator or NTP may set while a
// scan runs. Nothing about a scan may depend on that one but the times that it writes down.
//
// readsClock says, for each file that calls time.Now and that a running scan uses, by which of them it goes and how often
// it calls it. Who adds one says so here, and thinks about it.
var readsClock = map[string]struct {
	calls int
	clock string
}{
	"scan/attach.go":                 {2, "steady: a deadline"},
	"scan/clock.go":                  {1, "steady: all that takes time in a scan; Snapshot.Began prints its start, once"},
	"scan/device.go":                 {1, "steady: compared"},
	"scan/engine_xdp.go":             {1, "steady: compared"},
	"scan/headreceiver.go":           {1, "steady: a deadline"},
	"scan/open.go":                   {0, "time of day: of rows; the function is handed on, and a test jumps it"},
	"output/claim.go":                {2, "steady: a deadline"},
	"output/lines.go":                {2, "steady: compared"},
	"output/mark.go":                 {1, "steady: compared"},
	"cmd/xsweep/keeper.go":           {1, "time of day: printed into the checkpoint"},
	"cmd/xsweep/logs.go":             {1, "time of day: in the name of the log"},
	"cmd/xsweep/settings.go":         {1, "time of day: a number to begin TCP timestamps with, once"},
	"cmd/xsweep/signals.go":          {1, "steady: compared"},
	"xsk/tx.go":                      {2, "steady: compared"},
	"xsk/rx.go":                      {2, "steady: compared"},
	"xsk/queue.go":                   {1, "steady: compared"},
	"xsk/bind.go":                    {2, "steady: compared"},
	"internal/xdplink/carrier.go":    {2, "steady: compared"},
	"internal/nexthop/neighbour.go":  {1, "steady: compared"},
	"internal/nexthop/asker.go":      {4, "steady: compared"},
	"internal/checkpoint/journal.go": {2, "steady: a deadline"},
}

// TestClocks finds every call of time.Now in the packages of a scan.
func TestClocks(t *testing.T) {
	found := make(map[string]int)
	eachFile(t, func(pkg, path string, _ []string) {
		switch pkg {
		case "scan", "output", "cmd/xsweep", "xsk", "bpf", "packet", "blocklist", "internal/xdplink", "internal/nexthop", "internal/checkpoint":
		default:
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.ToSlash(path)
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if isTimeNow(n.Fun) {
					found[name]++
				}
			case *ast.SelectorExpr:
				if isTimeNow(n) {
					found[name] += 0 // used as a value, perhaps
				}
			}
			return true
		})
	})
	for path, calls := range found {
		if said, ok := readsClock[path]; !ok || said.calls != calls {
			t.Errorf("%s calls time.Now %d times: say here by which clock it goes", path, calls)
		}
	}
	for path := range readsClock {
		if _, ok := found[path]; !ok {
			t.Errorf("%s is listed here and reads no clock", path)
		}
	}
}

func isTimeNow(e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Now" {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "time"
}
