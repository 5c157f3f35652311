// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * frames: the two ends of a benchmark. `flood` makes frames; `count` and `deliver` sit on the interface that
 * they arrive at, and count and drop them or give them to an AF_XDP socket. Both leave whatever is not of the
 * benchmark to the kernel.
 */
#include "frame.h"
#include "kernel.h"

char _license[] SEC("license") = "Dual MIT/GPL";

#define MAP_TYPE_XSKMAP 17 /* BPF_MAP_TYPE_XSKMAP of linux/bpf.h */

/* arrivals has one copy per CPU, so that counting is an ordinary addition. */
struct arrivals {
	__u64 frames;
	__u64 first_ns; /* CLOCK_MONOTONIC by the kernel's tick; 0 if none has come */
	__u64 last_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct arrivals);
} arrived SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} offered SEC(".maps");

struct {
	__uint(type, MAP_TYPE_XSKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

const volatile __u32 source; /* of the benchmark's frames, network byte order */

/* flood sends `image`, from another port each time, until stop is set. */
const volatile __u64 image[8];
__u32 stop;

/* note counts a frame of the benchmark and says whether it is one. */
static __always_inline int note(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct eth *eth = (void *)(long)ctx->data;
	struct ipv4 *ip = (void *)eth + IP_OFFSET;
	struct arrivals *a;
	__u32 zero = 0;

	if ((void *)(ip + 1) > end || eth->type != bpf_htons(ETH_IPV4) || ip->src != source)
		return 0;
	a = bpf_map_lookup_elem(&arrived, &zero);
	if (!a)
		return 0;
	a->frames++;
	a->last_ns = bpf_ktime_get_coarse_ns();
	if (!a->first_ns)
		a->first_ns = a->last_ns;
	return 1;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	return note(ctx) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int deliver(struct xdp_md *ctx)
{
	return note(ctx) ? bpf_redirect_map(&sockets, 0, XDP_DROP) : XDP_PASS;
}

SEC("xdp")
int flood(struct xdp_md *ctx)
{
	__u64 *words = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 zero = 0;
	__u64 *n;

	if (stop)
		return XDP_DROP;
	if ((void *)(words + 8) > end)
		return XDP_ABORTED;
	n = bpf_map_lookup_elem(&offered, &zero);
	if (!n)
		return XDP_ABORTED;
	/* A frame comes back as its last receiver left it, so every byte is written. */
#pragma unroll
	for (int i = 0; i < 8; i++)
		words[i] = image[i];
	*(__u16 *)((void *)words + 34) = (__u16)*n;
	(*n)++;
	return XDP_TX;
}
