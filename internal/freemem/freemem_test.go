package freemem

import (
	"os"
	"testing"
	"testing/fstest"
)

func TestAvailable(t *testing.T) {
	const meminfo = "MemTotal:       16384000 kB\nMemFree:          200000 kB\nMemAvailable:    8192000 kB\n"
	const system = 8192000 << 10
	tests := []struct {
		name  string
		files map[string]string
		want  uint64
	}{
		{"no control groups", map[string]string{"proc/meminfo": meminfo}, system},
		{"nothing to read", nil, 0},
		{"version 2, with a limit above", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/memory.max": "3000000\n", "sys/fs/cgroup/a/memory.current": "1000000\n",
			"sys/fs/cgroup/a/memory.stat":   "anon 5\nfile 6\ninactive_file 250000\n",
			"sys/fs/cgroup/a/b/memory.max":  "max\n",
			"sys/fs/cgroup/a/b/memory.stat": "inactive_file 7\n", "sys/fs/cgroup/a/b/memory.current": "7\n",
		}, 2250000},
		{"version 2, none", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}, system},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:hugetlb,memory:/x\n0::/x\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "5000\n", "sys/fs/cgroup/memory/x/memory.usage_in_bytes": "4000\n",
			"sys/fs/cgroup/memory/x/memory.stat":         "inactive_file 1\ntotal_inactive_file 500\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 1500},
		{"a path from outside of the container", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/kubepods/pod7\n",
			"sys/fs/cgroup/memory.max": "4096\n", "sys/fs/cgroup/memory.current": "5000\n",
		}, 0}, // which is all that is left
		{"nonsense", map[string]string{
			"proc/meminfo": "MemAvailable: lots\n", "proc/self/cgroup": "\n:\n0::/../..\nx", "sys/fs/cgroup/memory.max": "12\n",
		}, 12},
	}
	for _, tt := range tests {
		root := make(fstest.MapFS)
		for name, text := range tt.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		got, inGroup, err := Available(root)
		if got != tt.want {
			t.Errorf("%s: %d bytes, want %d", tt.name, got, tt.want)
		}
		if isKnown := tt.files != nil; isKnown != (err == nil) {
			t.Errorf("%s: error %v", tt.name, err)
		}
		if want := tt.files != nil && tt.want != system; inGroup != want {
			t.Errorf("%s: in the control group: %v, want %v", tt.name, inGroup, want)
		}
	}
	if n, _, err := Available(os.DirFS("/")); n < 1<<20 || err != nil {
		t.Errorf("this machine has %d bytes available, %v", n, err)
	}
}
