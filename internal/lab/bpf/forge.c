// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * forge: frames from nowhere. The kernel runs it on live frames (BPF_PROG_RUN), and each run that is not
 * past the limit sends one, with random contents under right checksums.
 */
#include "frame.h"
#include "kernel.h"
#include "truth.h"

char _license[] SEC("license") = "Dual MIT/GPL";

enum kind { FORGE_SYN_ACK = 0, FORGE_RST = 1, FORGE_ICMP = 2, FORGE_SYN = 3 };

/* What to send, set before each call. Addresses and ports in host byte job. */
struct order {
	__u64 limit; /* frames to send in all */
	__u64 seed;
	__u32 kind;
	__u32 network; /* of the addresses made up */
	__u32 host_mask;
	__u32 victim; /* the address forged frames go to; for FORGE_SYN, the one they come from */
	__u32 first_port; /* of the ports at the victim's end */
	__u32 ports;
	__u16 dst_mac[3];
	__u16 src_mac[3];
} job;

__u64 sent;

/* draft is one frame's contents: addresses and ports in host byte order, and two random numbers. */
struct draft {
	__u32 src;
	__u32 dst;
	__u16 sport;
	__u16 dport;
	__u64 a;
	__u64 b;
};

/* put_tcp writes a frame of ETH_MIN bytes. */
static __always_inline void put_tcp(struct eth *eth, __u32 kind, const struct draft *d)
{
	struct ipv4 *ip = (void *)eth + IP_OFFSET;
	struct tcp *tcp = (void *)eth + TCP_OFFSET;
	__u16 *pad = (void *)(tcp + 1);

	put_ipv4(ip, 0, sizeof(*ip) + sizeof(*tcp), d->b, 64, PROTO_TCP, bpf_htonl(d->src), bpf_htonl(d->dst));
	tcp->sport = bpf_htons(d->sport);
	tcp->dport = bpf_htons(d->dport);
	tcp->seq = d->a;
	tcp->ack = kind == FORGE_SYN ? 0 : d->a >> 32;
	tcp->offset = 5 << 4;
	tcp->flags = kind == FORGE_SYN ? TCP_SYN : kind == FORGE_RST ? TCP_RST | TCP_ACK : TCP_SYN | TCP_ACK;
	tcp->window = kind == FORGE_RST ? 0 : bpf_htons(64240);
	tcp->sum = 0;
	tcp->urgent = 0;
	tcp->sum = ~fold(pseudo(ip, sizeof(*tcp)) + sum_words(tcp, sizeof(*tcp) / 4));
	pad[0] = pad[1] = pad[2] = 0;
}

/* put_icmp writes an error about a probe that was never sent: the quote has the draft's addresses the other way around. */
static __always_inline void put_icmp(struct eth *eth, const struct draft *d)
{
	struct ipv4 *ip = (void *)eth + IP_OFFSET, *quoted;
	struct icmp *icmp = (void *)(ip + 1);
	__u32 src = bpf_htonl(d->src), dst = bpf_htonl(d->dst), *ports;

	quoted = (void *)(icmp + 1);
	ports = (void *)(quoted + 1);
	put_ipv4(ip, 0xc0, 2 * sizeof(*ip) + sizeof(*icmp) + 8, d->b, 64, PROTO_ICMP, src, dst);
	put_ipv4(quoted, 0, sizeof(*ip) + sizeof(struct tcp), d->b >> 16, 63, PROTO_TCP, dst, src);
	ports[0] = bpf_htonl((__u32)d->dport << 16 | d->sport);
	ports[1] = d->a; /* the sequence number */
	icmp->type = ICMP_UNREACHABLE;
	icmp->code = 1;
	icmp->sum = 0;
	icmp->unused = 0;
	icmp->sum = ~fold(sum_words(icmp, (sizeof(*icmp) + sizeof(*quoted) + 8) / 4));
}

/* draft_for makes up the n-th frame; a SYN goes the other way, from the victim. */
static __always_inline void draft_for(struct draft *d, __u64 n)
{
	__u32 host, port;

	d->a = mix(job.seed + 2 * n);
	d->b = mix(job.seed + 2 * n + 1);
	host = job.network | (((__u32)d->b | 4) & job.host_mask); /* past the first few hosts, which are real */
	port = job.first_port + (((__u32)(d->b >> 32) & 0xffff) * job.ports >> 16);
	if (job.kind == FORGE_SYN) {
		d->src = job.victim;
		d->dst = host;
		d->sport = port;
		d->dport = d->b >> 48;
	} else {
		d->src = host;
		d->dst = job.victim;
		d->sport = d->b >> 48;
		d->dport = port;
	}
}

SEC("xdp")
int forge(struct xdp_md *ctx)
{
	struct eth *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u64 n = sent;
	struct draft d;

	if (n >= job.limit)
		return XDP_DROP;
	if ((void *)eth + ETH_MIN > end)
		return XDP_ABORTED;
	draft_for(&d, n);
	/* A frame comes back as its last receiver left it, so every byte is written. */
#pragma unroll
	for (int i = 0; i < 3; i++) {
		eth->dst[i] = job.dst_mac[i];
		eth->src[i] = job.src_mac[i];
	}
	eth->type = bpf_htons(ETH_IPV4);
	if (job.kind == FORGE_ICMP) {
		if ((void *)eth + IP_OFFSET + 2 * sizeof(struct ipv4) + sizeof(struct icmp) + 8 > end)
			return XDP_ABORTED;
		put_icmp(eth, &d);
	} else {
		put_tcp(eth, job.kind, &d);
	}
	sent = n + 1;
	return XDP_TX;
}
