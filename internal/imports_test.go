// Package internal_test holds the rule that the packages of this module depend on each other in one direction.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/xsweep/xsweep/"

// mayImport lists, for each package, the packages of this module that it may use. A leaf uses none. Tests may use more:
// the lab, and what they compare with.
var mayImport = map[string][]string{
	"cmd/xsweep": {"scan", "xsk", "packet", "bpf", "blocklist", "output", "internal/nexthop", "internal/lab",
		"internal/conffile", "internal/checkpoint", "internal/bench", "internal/privilege", "internal/preflight", "internal/freemem"},
	"scan":                    {"xsk", "packet", "bpf", "blocklist", "output"},
	"xsk":                     nil,
	"xsk/internal/kernelside": nil,
	"xsk/xsktest":             {"xsk", "xsk/internal/kernelside"},
	"packet":                  nil,
	"bpf":                     {"internal/xdplink"},
	"blocklist":               nil,
	"output":                  {"internal/dirsync", "internal/filesync"},
	"internal/checkpoint":     {"internal/dirsync", "internal/filesync"},
	"internal/conffile":       nil,
	"internal/dirsync":        nil,
	"internal/filesync":       nil,
	"internal/ethtool":        {"internal/ethtool/ioctl"},
	"internal/ethtool/ioctl":  nil,
	"internal/freemem":        {"internal/sysfile"},
	"internal/nexthop":        nil,
	"internal/privilege":      nil,
	"internal/sysfile":        nil,
	"internal/lab":            {"internal/ethtool/ioctl"},
	"internal/lab/labtest":    {"internal/lab"},
	"internal/xdplink":        nil,
	"xsk/redirect":            {"internal/xdplink"},
	"xsk/examples/apply":      {"xsk", "xsk/redirect"},
	"xsk/examples/capture":    {"xsk", "xsk/redirect"},
	"xsk/examples/flood":      {"xsk"},
	"xsk/examples/reflect":    {"xsk", "xsk/redirect"},
	"internal/bench":          {"scan", "xsk", "packet", "bpf", "blocklist", "output", "internal/lab"},
	"internal/peers":          {"blocklist", "internal/lab"},
	"internal/preflight": {"scan", "xsk", "bpf", "blocklist", "internal/ethtool", "internal/freemem", "internal/nexthop",
		"internal/privilege", "internal/sysfile", "internal/xdplink"},
}

func TestImportsGoOneWay(t *testing.T) {
	found := make(map[string]bool)
	eachFile(t, func(pkg, path string, imports []string) {
		found[pkg] = true
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("%s: package %s is not listed here: say what it may import", path, pkg)
		}
		for _, imp := range imports {
			if ours, ok := strings.CutPrefix(imp, module); ok && !slices.Contains(allowed, ours) && ours != pkg {
				t.Errorf("%s: %s must not import %s", path, pkg, ours)
			}
		}
	})
	for pkg := range mayImport {
		if !found[pkg] {
			t.Errorf("package %s is listed here and is not there", pkg)
		}
	}
}

// TestUnsafeIsFenced keeps unsafe in files that say so.
func TestUnsafeIsFenced(t *testing.T) {
	eachFile(t, func(_, path string, imports []string) {
		if slices.Contains(imports, "unsafe") && !strings.HasSuffix(path, "_unsafe.go") {
			t.Errorf("%s imports unsafe; it belongs in a file named *_unsafe.go", path)
		}
	})
}

// TestPlotIsFenced keeps what draws plots out of all programs but the one that does.
func TestPlotIsFenced(t *testing.T) {
	eachFile(t, func(pkg, path string, imports []string) {
		drawing := func(imp string) bool { return strings.HasPrefix(imp, "gonum.org/") }
		if pkg != "internal/peers" && slices.ContainsFunc(imports, drawing) {
			t.Errorf("%s imports gonum; only internal/peers draws", path)
		}
	})
}

// eachFile calls do for every Go file of the module that is neither a test nor generated.
func eachFile(t *testing.T, do func(pkg, path string, imports []string)) {
	t.Helper()
	root, files := "..", 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || isGenerated(t, path) {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, name)
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files++
		do(filepath.ToSlash(filepath.Dir(rel)), rel, imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Fatalf("only %d files found", files)
	}
}

func isGenerated(t *testing.T, path string) bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(string(text), "// Code generated ")
}
