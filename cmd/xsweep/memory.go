package main

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// availableMemory is how many bytes this process can have before the kernel kills something for want of memory: what the
// system says is available, or less where a control group, of version 1 or 2, has less left. It is 0 where neither can
// be read. root is the file system.
func availableMemory(root fs.FS) uint64 {
	least := uint64(math.MaxUint64)
	if kib, ok := fieldOf(root, "proc/meminfo", "MemAvailable:"); ok {
		least = kib << 10
	}
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
	if least == math.MaxUint64 {
		return 0
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
			cache, _ := fieldOf(root, path.Join(at, "memory.stat"), files.cache)
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
func fieldOf(root fs.FS, name, word string) (uint64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == word {
			n, err := strconv.ParseUint(f[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
