package privilege

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/landlock-lsm/go-landlock/landlock"
	"github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// What the fence is about: every change of a file system, executing, and TCP. Reading is not: the files that a scan reads,
// and what the resolver looks at for names in them, may be anywhere. Nor are signals: Go's runtime sends them between its
// threads, which are neighbours for Landlock, not one household, before Linux 7.0.
const (
	inDirs landlock.AccessFSSet = syscall.AccessFSWriteFile | syscall.AccessFSTruncate | syscall.AccessFSMakeReg |
		syscall.AccessFSRemoveFile
	inFiles landlock.AccessFSSet = syscall.AccessFSWriteFile | syscall.AccessFSTruncate | syscall.AccessFSIoctlDev
	fenced                       = inDirs | inFiles | syscall.AccessFSExecute | syscall.AccessFSRemoveDir |
		syscall.AccessFSMakeDir | syscall.AccessFSMakeSym | syscall.AccessFSMakeSock | syscall.AccessFSMakeFifo |
		syscall.AccessFSMakeChar | syscall.AccessFSMakeBlock
	fencedNet landlock.AccessNetSet = syscall.AccessNetBindTCP | syscall.AccessNetConnectTCP
)

// dns is the port of name servers, which are asked by TCP for what is too long for UDP.
const dns = 53

// Fence has the kernel refuse (EACCES), to every thread and for good, to open files for writing, make, rename or remove
// them anywhere but in the directories of paths and below, to execute anything, to listen on TCP ports and to connect to
// any but that of name servers (Multipath TCP, which Landlock does not know, aside). What is open already is not concerned. Where a path is a device or a pipe it is that
// which may be written to. "" and "-" are no paths; /dev/null is always among them.
//
// It needs no privilege, but sets no_new_privs. It returns the version of Landlock that the kernel has, 0 for none: then,
// and as far as an old one does not know of something (5.13 to 6.1 of truncating, to 6.6 of TCP), nothing is refused.
func Fence(paths ...string) (version int, err error) {
	version, err = syscall.LandlockGetABIVersion()
	if err != nil || version < 1 {
		return 0, nil // not in this kernel, turned off, or kept from us by a container
	}
	dirs, files := inside(paths)
	config := landlock.Config{HandledAccessFS: fenced, HandledAccessNet: fencedNet}
	err = config.BestEffort().Restrict(
		landlock.PathAccess(inDirs, dirs...).IgnoreIfMissing(),
		landlock.PathAccess(inFiles, files...).IgnoreIfMissing(),
		landlock.ConnectTCP(dns),
	)
	if err != nil {
		return version, fmt.Errorf("fence by Landlock: %w", err)
	}
	return version, nil
}

// inside sorts paths into directories and what is written to in place.
func inside(paths []string) (dirs, files []string) {
	files = []string{"/dev/null"}
	for _, path := range paths {
		if path == "" || path == "-" {
			continue
		}
		dir, file := place(path)
		if file != "" {
			if hasName(file) {
				files = append(files, file)
			}
			continue
		}
		if abs, err := filepath.Abs(dir); err == nil {
			dir = abs
		}
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), files
}

// hasName is false for pipes and sockets that are only reached by a descriptor, such as /dev/stderr may be. Landlock does
// not know them, and lets them be.
func hasName(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Type != unix.PIPEFS_MAGIC && fs.Type != unix.SOCKFS_MAGIC
}
