// Package bench measures what xsweep takes and what it costs, on the lab's wire or on a pair of real interfaces.
//
//	generator   targets, cookies and frames, on one core, sent nowhere
//	tx          probes as fast as an engine sends them, counted where they arrive
//	scan        the same with a world that answers: rows are held against the truth
//	rx          frames as fast as a method receives them, under a flood that is faster
//
// A [Case] is one thing to measure, a run of it takes about [Settings.Time]. [Measure] runs the cases in turn, round by
// round, so that what disturbs the machine for a while disturbs all of them, and keeps of each figure the median, the
// least and the greatest.
//
// # Where packets are counted
//
// In the lab by the world, an XDP program at the other end of the wire. On real interfaces by a program of ours on the
// peer (a second interface of this machine that the first is connected with), which drops what it counts; without a peer
// by the sending interface's own statistics: then nobody knows what arrived, and the result says so.
//
// # CPU time
//
// The CPU time of a packet that is sent is that of this process. On veth it includes what the receiving end does, because
// that happens within the sender's system call; a NIC's interrupts may be served elsewhere, and are not in it. That of a
// packet received is that of the kernel's thread that polls the interface (threaded NAPI, bound to a core) and of the
// thread of ours that reads it: the flood that they receive comes from another core, and its work is not in it.
package bench
