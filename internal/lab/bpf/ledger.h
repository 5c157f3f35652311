/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the world remembers: counters, arrivals per millisecond, targets probed, connections accepted. */
#pragma once

#include "kernel.h"

/*
 * counters has one copy per CPU, so that counting is an ordinary addition. Every SYN to a simulated
 * target is counted in syns and then in exactly one of the fields from malformed to failed.
 */
struct counters {
	__u64 syns;
	__u64 malformed;
	__u64 bad_ip_checksum;
	__u64 bad_tcp_checksum;
	__u64 dropped;
	__u64 lost;
	__u64 wrong_acks;
	__u64 open;
	__u64 closed;
	__u64 unreachable;
	__u64 silent;
	__u64 failed;

	__u64 duplicates;
	__u64 untracked;
	__u64 rsts_good;
	__u64 rsts_bad;
	__u64 host_syns;
	__u64 passed;
	__u64 covered;
	__u64 covered_again;
	__u64 uncovered;
	__u64 first_ns;
	__u64 last_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counts SEC(".maps");

/*
 * windows counts SYNs by millisecond since the first one, in a row per CPU. An atomic addition to a row
 * that all CPUs share would cost more than the rest of the program.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64); /* an array's elements are 8 bytes apart in any case */
} windows SEC(".maps");

const volatile __u32 windows_per_cpu;
__u64 start_ns; /* when the first SYN came; 0 before */

/* coverage has a word for each address of the network and in it a bit for each listed port. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} coverage SEC(".maps");

const volatile __u32 covering;
__u8 coverage_bit[65536]; /* the bit of each port, from 1; 0: not listed */

/* accepted holds the ack of each SYN-ACK sent, which is the sequence number of the RST that answers it. */
struct connection {
	__u32 addr;
	__u16 port;
	__u16 scanner_port;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct connection);
	__type(value, __u32);
} accepted SEC(".maps");

/* Reading the exact clock takes longer than all the rest of the program. */
const volatile __u32 coarse_clock;

/* note_arrival records when a SYN came. */
static __always_inline void note_arrival(struct counters *c)
{
	__u64 now = coarse_clock ? bpf_ktime_get_coarse_ns() : bpf_ktime_get_ns();
	__u64 window, *count;
	__u32 index;

	if (!c->first_ns)
		c->first_ns = now;
	c->last_ns = now;
	if (!start_ns)
		__sync_val_compare_and_swap(&start_ns, 0, now);
	window = now < start_ns ? 0 : (now - start_ns) / 1000000;
	if (window >= windows_per_cpu)
		return;
	index = bpf_get_smp_processor_id() * windows_per_cpu + (__u32)window;
	count = bpf_map_lookup_elem(&windows, &index);
	if (count)
		(*count)++;
}

/* note_coverage sets the bit of a target and counts whether it was set already. */
static __always_inline void note_coverage(struct counters *c, __u32 offset, __u16 port)
{
	__u64 bit = coverage_bit[port], *word;

	if (!bit) {
		c->uncovered++;
		return;
	}
	bit = 1ULL << ((bit - 1) & 63);
	word = bpf_map_lookup_elem(&coverage, &offset);
	if (!word)
		return;
	if (__sync_fetch_and_or(word, bit) & bit)
		c->covered_again++;
	else
		c->covered++;
}
