package sysfile

import (
	"io/fs"
	"path"
	"strings"
)

// Groups returns the directories of the control groups that the process is in, its own first and then those above, which
// limit it as well: of version 1, where they have this controller, and of version 2. Where the kernel has none, or does
// not tell, there are none.
func Groups(root fs.FS, controller string) (v1, v2 []string) {
	text, _ := Text(root, "proc/self/cgroup") // without it there are none
	for line := range strings.Lines(text) {
		// hierarchy:controllers:path (cgroups(7)); version 2 is hierarchy 0 and has no list of controllers
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(parts) < 3:
		case parts[0] == "0":
			v2 = upwards("sys/fs/cgroup", parts[2])
		case strings.Contains(","+parts[1]+",", ","+controller+","):
			v1 = upwards("sys/fs/cgroup/"+controller, parts[2])
		}
	}
	return v1, v2
}

// upwards lists the directory of a group and those above it, up to where they are mounted. In a container the path may be
// that outside of it: then what is there is the mount alone, the container's own group.
func upwards(mount, group string) (dirs []string) {
	for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
		dirs = append(dirs, path.Join(mount, dir))
		if dir == "/" {
			return dirs
		}
	}
}
