// Package checkpoint keeps what a long job has to know of itself to go on after it was cut off: a file that is replaced
// as a whole, and a journal beside it that only grows.
//
//	FILE       magic, version, checksum │ "info" │ "work" │ "cnts" │ "blck" │ "wntd" │ "optd" │ "end"
//	FILE.seen  magic │ 8 bytes for each answer that was new
//
// Each block has a length and a CRC-32C, so that a damaged file is refused, with the byte where it broke, and never used
// in part. The journal has a magic alone: its length and checksum at the time of the checkpoint are in FILE, and what is behind
// them is cut off. It also has the lock that keeps two processes from one job.
//
// The package knows nothing of scanning: progress and counters are bytes to it.
package checkpoint
