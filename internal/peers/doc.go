// Command peers measures xsweep beside ZMap and masscan, each in its own words, in the lab that the tests use.
//
//	peers measure -test drop,answer -o docs/peers.csv    how many probes a second arrive, and at what cost
//	peers measure -test recall -o docs/recall.csv        what is found, from slow to as fast as each tool goes
//	peers report                                         docs/performance.md's tables and docs/recall.png anew
//
// A measurement is a scan of all of 198.18.0.0/15 on some ports, by a child process in the lab's scanner namespace, into
// a file:
//
//	contender ─► command line ─► child in the scanner's namespace ─► probes ─► world: counts arrivals, answers
//	                                           └─► result file ─► held against the world's truth ─► record
//
// Nothing that a tool says of itself is believed: probes and their rate are what the world counted, hits are what is true of
// the rows in the file, CPU time and memory are the kernel's account of the child. Contenders take turns, so that a
// machine that is slow for a while is slow for all of them.
//
// Before each scan the program makes sure that the namespace holds the lab's interface and no other but the loopback,
// so that no tool can send anywhere else, whatever its options.
package main
