package privilege

import (
	"slices"
	"strings"

	libcap "kernel.org/pub/linux/libs/security/libcap/cap"
)

// A Need is a capability that opening a scan takes, and what for.
type Need struct {
	Cap libcap.Value
	For string
}

// String is the name that capabilities(7) uses, such as CAP_NET_RAW.
func (n Need) String() string { return strings.ToUpper(n.Cap.String()) }

// ToOpen lists what opening a scan takes on Linux 5.8 and newer, by either engine. Running it takes none: see Drop.
//
// CAP_PERFMON is not for tracing alone: without it the verifier refuses to move a pointer into a packet by anything but a
// constant (sanitize_ptr_alu in kernel/bpf/verifier.c), and a program could not step over an IPv4 header with options.
// CAP_IPC_LOCK can be done without where the limit of locked memory (ulimit -l) is high enough.
func ToOpen() []Need {
	return []Need{
		{libcap.NET_RAW, "AF_XDP sockets, and ARP"},
		{libcap.NET_ADMIN, "XDP programs, and attaching them"},
		{libcap.BPF, "BPF programs and maps"},
		{libcap.PERFMON, "BPF programs that parse packets, and the tracing programs of engine xdp"},
		{libcap.IPC_LOCK, "packet memory beyond ulimit -l"},
	}
}

// Missing lists those of needs that the calling thread does not have, by its effective set. Having them is not proof: a
// container's filter, a security module, or a user namespace that is not the first may still refuse.
func Missing(needs []Need) []Need {
	have := libcap.GetProc()
	return slices.DeleteFunc(slices.Clone(needs), func(n Need) bool { return stands(have, n.Cap) })
}

// stands tells whether a set has c, or CAP_SYS_ADMIN in its place: the kernel takes it for what was split off it.
func stands(have *libcap.Set, c libcap.Value) bool {
	if c == libcap.BPF || c == libcap.PERFMON {
		return isEffective(have, c) || isEffective(have, libcap.SYS_ADMIN)
	}
	return isEffective(have, c)
}

// isEffective is false for a capability that this kernel does not know.
func isEffective(have *libcap.Set, c libcap.Value) bool {
	on, err := have.GetFlag(libcap.Effective, c)
	return err == nil && on
}

// Names is a list for messages: CAP_NET_RAW, CAP_BPF.
func Names(needs []Need) string {
	names := make([]string, len(needs))
	for i, n := range needs {
		names[i] = n.String()
	}
	return strings.Join(names, ", ")
}

// Setcap is the command that lets whoever may execute a file use these capabilities without being root. Its path should be
// absolute; it is quoted for a shell where it has to be.
func Setcap(path string, needs []Need) string {
	names := make([]string, len(needs))
	for i, n := range needs {
		names[i] = n.Cap.String()
	}
	return "sudo setcap " + strings.Join(names, ",") + "+ep " + Quote(path)
}

// Quote makes one word of a text for a shell. It leaves alone what no shell takes for anything else.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+,:@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
