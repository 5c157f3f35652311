package preflight

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/privilege"
	"github.com/xsweep/xsweep/scan"
)

// capabilities are all essential but CAP_IPC_LOCK, of which lockedMemory knows more.
func capabilities(e *Env) []Finding {
	const name = "capabilities"
	missing := slices.DeleteFunc(slices.Clone(e.Missing), func(n privilege.Need) bool { return n.String() == lockCapability })
	if len(missing) == 0 {
		return []Finding{okf(name, "all that a scan takes")}
	}
	status, _ := e.text("proc/thread-self/status") // without, it is as if nothing were set
	if field(status, "NoNewPrivs") == "1" {
		return []Finding{fatalf(name, "", "missing %s; no_new_privs is set, so that those of the file do not count either: start it elsewhere",
			privilege.Names(missing))}
	}
	if e.NoSuid {
		return []Finding{fatalf(name, "findmnt -T "+privilege.Quote(e.Program), "missing %s; the file system of %s is mounted nosuid, "+
			"where those of files do not count: copy it to another one, and see again", privilege.Names(missing), e.Program)}
	}
	return []Finding{fatalf(name, privilege.Setcap(e.Program, privilege.ToOpen()), "missing %s", privilege.Names(missing))}
}

// lockCapability lifts the limit of locked memory.
const lockCapability = "CAP_IPC_LOCK"

// userNamespace tells a namespace that was made, such as a rootless container's, from the first one by what it maps: the
// kernel takes CAP_BPF in the first one only.
func userNamespace(e *Env) []Finding {
	const name = "user_namespace"
	mapping, err := e.text("proc/self/uid_map")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	if slices.Equal(strings.Fields(mapping), []string{"0", "0", "4294967295"}) {
		return nil
	}
	return []Finding{fatalf(name, "", "this is a user namespace, such as a rootless container's: capabilities that one has here do not load BPF programs")}
}

func seccomp(e *Env) []Finding {
	const name = "seccomp"
	status, err := e.text("proc/thread-self/status")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	if field(status, "Seccomp") != "2" {
		return nil
	}
	return []Finding{unknownf(name, "a filter of system calls is on, as in a container: whether it lets bpf(2) and AF_XDP sockets pass shows when a scan starts")}
}

// lockedMemory compares what all queues lock at full rate with what may be locked. A scan raises its limit to the hard one.
func lockedMemory(e *Env) []Finding {
	const name = "memlock"
	need := uint64(scan.LockedMemory(e.prospect(), 0))
	limit := e.MemLock.Max
	switch {
	case !slices.ContainsFunc(e.Missing, func(n privilege.Need) bool { return n.String() == lockCapability }):
		return []Finding{okf(name, "CAP_IPC_LOCK: packet memory is not limited (%s at full rate)", bytes(need))}
	case limit == unix.RLIM_INFINITY || limit >= need:
		return []Finding{okf(name, "up to %s may be locked, at full rate %s are", limitText(limit), bytes(need))}
	}
	least := uint64(scan.LockedMemory(e.prospect(), 1))
	fix := "sudo prlimit --pid $$ --memlock=unlimited"
	if limit < least {
		return []Finding{fatalf(name, fix, "up to %s may be locked, and packet memory is %s at any rate", limitText(limit), bytes(least))}
	}
	return []Finding{warnf(name, fix, "up to %s may be locked, and packet memory is %s at full rate", limitText(limit), bytes(need))}
}

// FilesOfAScan is how many files a scan has open at the most, apart from its outputs, a socket for each queue and what is open
// when it begins: maps, programs and links of bpf(2), netlink sockets, what is read to load programs, and at the end the
// metadata. They are some thirty; what is on top is for those that come and go.
const FilesOfAScan = 64

// filesBefore are those that are open when a scan begins, the runtime's own among them, and one output.
const filesBefore = 12

// openFiles: a scan has a socket a queue. Go raises the limit to the hard one.
func openFiles(e *Env) []Finding {
	const name = "files"
	need, limit := uint64(e.queueCount()+FilesOfAScan+filesBefore), e.MaxFiles.Max
	if limit >= need {
		return []Finding{okf(name, "%s may be open", countText(limit))}
	}
	return []Finding{fatalf(name, "sudo prlimit --pid $$ --nofile=4096", "%d may be open, and a scan wants %d", limit, need)}
}
