package sysfile

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func tree(files map[string]string) fs.FS {
	root := make(fstest.MapFS)
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestNumber(t *testing.T) {
	root := tree(map[string]string{"a": "42\n", "quota": "-1\n", "limit": "max\n", "none": ""})
	for name, want := range map[string]int64{"a": 42, "quota": -1} {
		if got, err := Number(root, name); got != want || err != nil {
			t.Errorf("Number(%q) = %d, %v, want %d", name, got, err, want)
		}
	}
	if _, err := Number(root, "limit"); err == nil || !strings.Contains(err.Error(), `/limit: "max"`) {
		t.Errorf("Number of max: %v, want an error that quotes it", err)
	}
	if _, err := Number(root, "none"); err == nil {
		t.Error("Number of an empty file: no error")
	}
	if _, err := Number(root, "gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Number of no file: %v, want ErrNotExist", err)
	}
}

func TestGroups(t *testing.T) {
	tests := []struct {
		name, text, controller string
		v1, v2                 []string
	}{
		{name: "no file"},
		{
			name: "version 2", text: "0::/a/b\n", controller: "cpu",
			v2: []string{"sys/fs/cgroup/a/b", "sys/fs/cgroup/a", "sys/fs/cgroup"},
		},
		{
			name: "both", text: "5:cpu,cpuacct:/x\n4:memory:/y\n1:name=cpu:/z\n0::/\n", controller: "cpu",
			v1: []string{"sys/fs/cgroup/cpu/x", "sys/fs/cgroup/cpu"}, v2: []string{"sys/fs/cgroup"},
		},
		{name: "version 1 without the controller", text: "5:cpuacct:/x\n", controller: "cpu"},
		{name: "above the mount", text: "0::/../..\n", controller: "cpu", v2: []string{"sys/fs/cgroup"}},
		{name: "nonsense", text: "\n:\nx", controller: "cpu"},
	}
	for _, tt := range tests {
		files := map[string]string{}
		if tt.text != "" {
			files["proc/self/cgroup"] = tt.text
		}
		v1, v2 := Groups(tree(files), tt.controller)
		if !slices.Equal(v1, tt.v1) || !slices.Equal(v2, tt.v2) {
			t.Errorf("%s: Groups = %q and %q, want %q and %q", tt.name, v1, v2, tt.v1, tt.v2)
		}
	}
}
