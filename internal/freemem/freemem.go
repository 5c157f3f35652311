// Package freemem tells how much memory this process may take. The dedup limit and the preflight go by it.
package freemem

import (
	"errors"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// Available is how many bytes this process can have before the kernel kills something for want of memory: what the
// system says is available, or less where a control group, of version 1 or 2, has less left; inGroup says that it is the
// group. root is the file system. The error says why neither can be read.
func Available(root fs.FS) (bytes uint64, inGroup bool, err error) {
	const none = math.MaxUint64
	bytes = none
	kib, ok, err := fieldOf(root, "proc/meminfo", "MemAvailable:")
	if ok {
		bytes = kib << 10
	} else if err == nil {
		err = errors.New("/proc/meminfo does not tell MemAvailable")
	}
	if left := leftInGroups(root); left < bytes {
		return left, true, nil
	}
	if bytes == none {
		return 0, false, err
	}
	return bytes, false, nil
}

// leftInGroups is the least that a control group of the process has left, math.MaxUint64 where none has a limit.
func leftInGroups(root fs.FS) uint64 {
	least := uint64(math.MaxUint64)
	groups, _ := fs.ReadFile(root, "proc/self/cgroup") // without it there are none
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:path (cgroups(7)); version 2 is hierarchy 0 and has no list of controllers
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(parts) < 3:
		case parts[0] == "0":
			least = min(least, leftIn(root, "sys/fs/cgroup", parts[2], groupFiles{"memory.max", "memory.current", "inactive_file"}))
		case strings.Contains(","+parts[1]+",", ",memory,"):
			least = min(least, leftIn(root, "sys/fs/cgroup/memory", parts[2],
				groupFiles{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}))
		}
	}
	return least
}

// groupFiles names the files of a control group, and in its memory.stat what can be taken from the page cache: that
// counts as used, but is there for whoever needs it.
type groupFiles struct{ limit, used, cache string }

// leftIn is what the group at name and those above it have left, math.MaxUint64 where they have no limit. In a container
// the path may be that outside of it: then its own group is the mount itself.
func leftIn(root fs.FS, mount, name string, files groupFiles) uint64 {
	least := uint64(math.MaxUint64)
	for dir := path.Clean("/" + name); ; dir = path.Dir(dir) {
		at := path.Join(mount, dir)
		if limit, ok := numberIn(root, path.Join(at, files.limit)); ok {
			used, _ := numberIn(root, path.Join(at, files.used))
			cache, _, _ := fieldOf(root, path.Join(at, "memory.stat"), files.cache)
			used -= min(used, cache)
			least = min(least, limit-min(limit, used))
		}
		if dir == "/" {
			return least
		}
	}
}

// numberIn reads a file that is a number. One that is "max", or not there, is none.
func numberIn(root fs.FS, name string) (uint64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// fieldOf reads the number behind a word at the beginning of a line.
func fieldOf(root fs.FS, name, word string) (n uint64, ok bool, err error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false, err
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == word {
			n, err := strconv.ParseUint(f[1], 10, 64)
			return n, err == nil, nil
		}
	}
	return 0, false, nil
}
