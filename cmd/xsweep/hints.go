package main

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/nexthop"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// hints say what to do about an error; the first that matches is shown. What is particular comes before errnos, which
// many things share.
var hints = []struct {
	err  error
	hint string
}{
	{errNoTargets, "give other targets, or a shorter blocklist"},
	{errSpecial, "--allow-special probes special-purpose networks, too: do so only where they are yours"},
	{errUnlisted, "give the networks that asked to be left out with --blocklist-file FILE, or say --no-blocklist"},
	{blocklist.ErrUnresolved, "is the name right? 'getent ahostsv4 NAME' asks for it as well; addresses need no name server"},
	{scan.ErrTooManyTargets, "scan fewer ports at a time"},
	{scan.ErrLowHitRate, "--min-hitrate is the limit; what was found until then is in the output"},
	{scan.ErrSendFailures, "--max-sendto-failures is the limit; what was found until then is in the output"},
	{scan.ErrGone, "what was found until then is in the output"},
	{scan.ErrDetached, "what was found until then is in the output; 'bpftool net' shows what is attached now"},
	{errBenchTargets, "--allow-any sends to others, too: do so only where they are yours"},
	{lab.ErrPrivilege, "run it as root: it makes network namespaces"},
	{nexthop.ErrNoInterface, "'ip -brief link' lists the interfaces"},
	{nexthop.ErrDown, "'ip link set NAME up' brings it up"},
	{nexthop.ErrNoCarrier, "check the cable or the far end, or choose another interface with --interface"},
	{nexthop.ErrNoAddress, "give the interface an address, or probe from another one with --source-ip"},
	{nexthop.ErrLoopback, "choose an interface that leads to the targets with --interface"},
	{nexthop.ErrNotEthernet, "interfaces without Ethernet headers (tun, ppp, WireGuard) are not supported yet"},
	{nexthop.ErrNoRoute, "add a route, or name the way with --interface and --gateway-mac"},
	{nexthop.ErrLocal, "a host cannot scan itself: take its own addresses out of the targets"},
	{nexthop.ErrSplit, "scan them one interface at a time, with --interface"},
	{nexthop.ErrUnreachable, "is the gateway up? --gateway-mac names its MAC address without asking"},
	{nexthop.ErrTooMany, "scan fewer addresses at a time, or send all by a gateway with --gateway-mac"},
	{bpf.ErrNoEmit, "--engine auto takes xsk where xdp is not to be had; docs/engines.md tells what xdp needs"},
	{unix.EAFNOSUPPORT, "this kernel has no AF_XDP: Linux 5.10 or newer with CONFIG_XDP_SOCKETS is needed"},
	{errFiltered, "a container's seccomp filter or user namespace is in the way, or a security module"},
	{unix.EPERM, "run it as root"},
	{unix.EACCES, "run it as root"},
	{unix.EBUSY, "another program holds the queue or the interface: stop it, or choose another interface"},
	{unix.EOPNOTSUPP, "the driver cannot do this: let --xdp-mode and --bind-mode choose (auto)"},
	{unix.ENOBUFS, "raise the limit of locked memory (ulimit -l)"},
	{unix.ENOSPC, "native XDP wants as many receive queues as the far end has transmit queues: --xdp-mode generic does not"},
	{unix.ENETDOWN, "bring the interface up"},
	{unix.ENXIO, "the interface is gone; what was found until then is in the output"},
}

// hintFor returns "" where there is nothing to add.
func hintFor(err error) string {
	if errors.Is(err, output.ErrUnknownField) {
		return "'xsweep --list-output-fields' lists the fields"
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return ""
	}
	switch { // whatever it was that could not be opened
	case errors.Is(err, unix.EMFILE):
		return fmt.Sprintf("raise the limit of open files: ulimit -n, which is %d for this process", fileLimit())
	case errors.Is(err, unix.ENFILE):
		return "all processes together have as many files open as they may: sysctl fs.file-max raises that"
	}
	if _, ok := errors.AsType[*bpf.ForeignProgramError](err); ok {
		return "it is never displaced: stop its owner ('bpftool net' shows more), or choose another interface"
	}
	if refusal, ok := errors.AsType[*privilegeError](err); ok {
		return refusal.hint()
	}
	if _, ok := errors.AsType[*fencedError](err); ok {
		return fenceHint
	}
	if file, ok := errors.AsType[*outputError](err); ok {
		return file.hint()
	}
	if saved, ok := errors.AsType[*scan.CheckpointError](err); ok {
		return (&outputError{saved.Err, "--checkpoint"}).hint()
	}
	if _, ok := errors.AsType[*checkpointError](err); ok {
		return ""
	}
	if _, ok := errors.AsType[*logError](err); ok {
		return ""
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return "" // a file that was to be read: the error says it all, and the errnos below mean something else
	}
	for _, h := range hints {
		if errors.Is(err, h.err) {
			return h.hint
		}
	}
	return ""
}

// outputError is an error of a file that is written, to which hints about the network do not apply.
type outputError struct {
	err  error
	flag string // that names it
}

func (e *outputError) Error() string { return e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

func (e *outputError) hint() string {
	switch {
	case errors.Is(e.err, output.ErrUnsynced):
		return "look after the disk; the last checkpoint, if there is one, counts on none of what may be lost"
	case errors.Is(e.err, unix.ENOSPC), errors.Is(e.err, unix.EDQUOT):
		return "free some space; the rows written so far are whole"
	case errors.Is(e.err, unix.ENOENT), errors.Is(e.err, unix.EACCES), errors.Is(e.err, unix.EISDIR),
		errors.Is(e.err, unix.EROFS), errors.Is(e.err, unix.EPERM), errors.Is(e.err, output.ErrTaken):
		return "choose another file with " + e.flag
	}
	return ""
}
