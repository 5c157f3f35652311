// Package freemem tells how much memory this process may take. The dedup limit and the preflight go by it.
package freemem

import (
	"errors"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/xsweep/xsweep/internal/sysfile"
)

// DedupShare is by default the share of what is available that remembering answers takes at most: one in so many.
const DedupShare = 2

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

// groupFiles names the files of a control group, and in its memory.stat what can be taken from the page cache: that
// counts as used, but is there for whoever needs it.
type groupFiles struct{ limit, used, cache string }

// leftInGroups is the least that a control group of the process has left, math.MaxUint64 where none has a limit.
func leftInGroups(root fs.FS) uint64 {
	v1, v2 := sysfile.Groups(root, "memory")
	return min(
		leftIn(root, v1, groupFiles{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}),
		leftIn(root, v2, groupFiles{"memory.max", "memory.current", "inactive_file"}))
}

func leftIn(root fs.FS, groups []string, files groupFiles) uint64 {
	least := uint64(math.MaxUint64)
	for _, dir := range groups {
		limit, err := sysfile.Number(root, path.Join(dir, files.limit))
		if err != nil || limit < 0 {
			continue // there is none
		}
		used, _ := sysfile.Number(root, path.Join(dir, files.used)) // without, nothing is
		cache, _, _ := fieldOf(root, path.Join(dir, "memory.stat"), files.cache)
		inUse := uint64(max(used, 0))
		inUse -= min(inUse, cache)
		least = min(least, uint64(limit)-min(uint64(limit), inUse))
	}
	return least
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
