// Package privilege knows which capabilities opening a scan takes, gives them up for good once it is open, and fences in
// what is left.
//
//	ToOpen ─► Missing ─► an error that names them, Setcap for the way out
//	  │
//	  ▼ opened
//	Later.Keep ─► what of it has to stay: few things are done later that only a capability allows, most often none
//	Drop       ─► all others are gone from all threads, and nothing that is executed can bring them back
//	Fence      ─► files change in named directories only, nothing is executed, no TCP but to name servers (Landlock)
//
// Capabilities belong to threads, and a Go program has many. Drop and Fence reach all of them, those of senders that are
// locked to their goroutines included, by package psx of libcap, which works with and without cgo; threads that are made
// later inherit what their maker has.
//
// There is no seccomp filter. It would look at each of the system calls that probes go out by, and what it could refuse
// without danger for the scan is refused already: loading programs and modules, mounting, tracing the processes of others
// for want of a capability, executing by the fence. What remains is the kernel's own surface, and a list of calls that no
// version of Go's runtime ever makes is nothing that we could keep right.
package privilege
