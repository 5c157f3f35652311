// SPDX-License-Identifier: MIT OR GPL-2.0
//
// emit: the transmit half, which turns entries into frames. BPF_PROG_RUN with BPF_F_TEST_XDP_LIVE_FRAMES runs it on
// frames that the kernel recycles; it writes a whole header into each and redirects the frame to the device.
//
// A sender is a thread on a CPU of its own, and so it has a loop: it fills in entries, makes a call for as many runs,
// and finds there what became of them. emit tells its loop by the CPU.
//
// Entries are frames to be sent, in order, and none is lost:
//
//	next       frames given to the kernel so far; the entry to be sent next
//	settled    those of them of which the driver has said whether it took them
//	refused[]  ranges of those that it did not take
//	error      why no more can be given to the kernel; entries from next on are left alone then
//
// Only emit writes `next`; settled, refused and error come from emitwatch.c, which runs within the same call.

#ifndef XSWEEP_EMIT_H
#define XSWEEP_EMIT_H

#include <linux/types.h>

#define LOOP_ENTRIES 8192 // a power of two
#define FRAME_WORDS  12   // of 8 bytes, and the longest frame has 82

// One frame. Host order; packet.Probe.
struct entry {
	__u32 src, dst;
	__u16 sport, dport;
	__u32 seq;
	__u16 id;
	__u16 unused;
};

struct range {
	__u16 from, count;
};

struct loop {
	// Set by the sender before a call.
	__u64 frame[FRAME_WORDS]; // the template: a frame whose entry is all zeros and whose checksums are, too
	__u64 ip_sum, tcp_sum;    // of its headers and the pseudo header, not folded
	__u32 end;                // number of entries

	// Set to zero by the sender before the first call for these entries.
	__u32 next, settled, ranges;
	__s32 error; // a negative errno
	__u32 unused;

	__u64 runs; // in all

	struct range refused[LOOP_ENTRIES]; // enough if each is for one
	__u8 mac[LOOP_ENTRIES][8]; // next hop of each entry, where they differ
	struct entry entries[LOOP_ENTRIES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); // loops; set by the loader
	__type(key, __u32);
	__type(value, struct loop);
} loops SEC(".maps");

// The loop of each CPU, or a number that there is no loop of.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); // CPUs; set by the loader
	__type(key, __u32);
	__type(value, __u32);
} loop_of SEC(".maps");

// own_loop is that of this CPU.
static __always_inline struct loop *own_loop(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 *which = bpf_map_lookup_elem(&loop_of, &cpu);

	return which ? bpf_map_lookup_elem(&loops, which) : 0;
}

#endif
