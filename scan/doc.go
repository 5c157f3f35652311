// Package scan is the scanner: it sends one SYN to every target, once, in an order that looks random, and records who
// answers. This comment is the architecture of xsweep.
//
//	blocklist.Set ─► Space ─► Permutation ─► work ─► generator ─► sender ─► engine ─► xsk TX ring or live XDP frames ─► wire
//	 allowed          index →     every       a shard,  targets,    limiter    packet.Template        │
//	 addresses        target      index once  by units  cookies                                       │
//	                                                       ▲           ▲                              │
//	                                               Exclude │           │ RSTs                         │
//	                                                               resetQueue                         │
//	                                                                   │                              ▼
//	output.Group ◄── collector ◄────── answers ◄───── validator ◄─ receiver ◄─ xsk RX ring ◄── bpf steer
//	 csv, json        dedup             by the         cookie,      packet.Parse               cookie, in
//	                                    batch          again                                   the kernel
//
// # The way of a probe
//
// Space numbers the targets, every allowed address with every port, or every pair of a list, 0 to n-1, without gaps: a
// blocklist costs nothing while the scan runs. Permutation orders those numbers by the powers of a generator modulo a
// prime just above n; a position in that order is one number, and a shard is a range of positions. Its work is handed
// out to senders in units, some thousand positions each, so that what is probed does not depend on how many senders
// there are; with several probes to a target, units come back later. For each target the generator computes a cookie,
// SipHash of the flow under a secret key, whose bits are the probe's sequence number, source port and IP ID. It works by
// the block of 256, each step for all of them, and one block ahead, so that the memory has time to bring what a long
// list of targets needs. A sender owns one transmit queue and, at high rates, one core; its limiter says how many probes
// are due, and its engine writes frames and rings the device (xsk) or has the kernel make them (xdp).
//
// # The way of an answer
//
// The XDP program of package bpf sees every frame that the interface receives. It recomputes the cookie and redirects
// true answers to the AF_XDP socket of the queue they came in by; a receiver per queue parses them, checks the cookie
// again, and passes records on. One collector marks repeats and writes rows. Its queue, and the rings, are all that
// stands between a slow disk and lost answers, and each counts what it had no room for: Snapshot.Balance adds up what
// became of every true answer that the XDP program saw. While a disk is full, senders pause, so that no more answers come
// than these can hold.
//
// # What is left of it after a crash
//
// Units go back to the work when their last probe has left the host, not when it was made. So at any moment the progress
// of a scan is a position and a handful of units that are out (Progress), and a checkpoint is that, the counters, and
// how far rows and the memory of repeats have been written (Keeper). It is behind by the cool-down: what it takes for
// done has had its time to answer, and the answers are among the rows that it covers. The collector marks how far it is
// in turn with the answers that it takes, behind all that came earlier; the waiting for the disk is another goroutine's.
//
// # Why
//
// Why is nothing remembered per probe? Because there are four thousand million of them. What the receiver needs to
// trust an answer comes back inside it.
//
// Why check cookies in the kernel? A flood of forged answers then costs one hash per packet and no copy. It is checked
// again in Go because that costs little, and because a check that stands twice must fail twice.
//
// Why are addresses excluded twice, from the space and when probes are made? What is known before the scan costs nothing
// in the space. What comes while it runs must not move the space, or every position, shard and checkpoint would mean
// other targets; so it is looked up for each probe, from then on only.
//
// Why do RSTs go through the sender? Steering hides a SYN-ACK from the host's stack, which would have reset the
// connection; so we do, lest the target waits and repeats itself. A transmit ring has one owner, and in zero-copy mode
// the kernel is fast only with one ring per queue, so the receiver hands RSTs over instead of sending them.
//
// Who closes accepted connections is Config.Reset. By ResetReply, the default, it is us: one RST for each connection, and
// for repeated SYN-ACKs as far as resetLimit allows, so that who replays them cannot have us flood an address. By
// ResetKernel it is the host's stack: the XDP program passes SYN-ACKs on, and gives us copies of their headers by a ring
// buffer, for it cannot do both with one frame. What the host's firewall says about SYN-ACKs of connections that the host
// does not know holds then: where it drops them, nothing is closed. By ResetNone it is somebody else.
//
// Why does a full ring not drop? A probe that finds no room stays the next one to be sent. Losing it would be a hole in
// the coverage that nobody sees.
//
// Why is the interface looked at all the time? Most drivers drop what they get without a carrier, and say nothing. And a
// scan whose program somebody has detached would probe on to its end and find nothing; that is an error, and not put right,
// because who did it may have had a reason.
//
// Why may a limiter fall behind? It keeps to a timetable but never catches up in a burst: bursts are what switches and
// targets drop, and a scan that lost a second is better a second late.
package scan
