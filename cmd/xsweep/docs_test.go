package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the files in docs that are made from the flags")

// TestDocs: the files in docs that are made from the flags say what the flags do. They are made here, and not by the
// program, which does not need to carry that around.
func TestDocs(t *testing.T) {
	var o options
	cmd := newCommand(&o)
	checkDoc(t, "zmap.md", zmapDoc(o.groups))
	checkDoc(t, "man/xsweep.1", manPage(cmd, o.groups))
}

func checkDoc(t *testing.T, name, want string) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", filepath.FromSlash(name))
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, []byte(want)) {
		t.Errorf("%s is not what the flags give (%v): make docs writes it anew", path, err)
	}
}
