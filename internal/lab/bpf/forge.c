// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * forge: frames from nowhere. The kernel runs it on live frames (BPF_PROG_RUN), and each run that is not
 * past the limit sends one, with right checksums. What they are forged from is either random numbers or the
 * true answer to a probe of a scan whose key is known, in which then one thing is wrong.
 */
#include "cookie.h" /* the scanner's own */
#include "frame.h"
#include "kernel.h"
#include "truth.h"

char _license[] SEC("license") = "Dual MIT/GPL";

/* In the order of forgekinds.go, which says what each is. */
enum kind {
	FORGE_SYN_ACK,
	FORGE_RST,
	FORGE_ICMP,
	FORGE_BARE_ACK,
	FORGE_NEXT_ACK,
	FORGE_ZERO_ACK,
	FORGE_NEXT_RST,
	FORGE_ZERO_RST,
	FORGE_TO_OTHER_PORT,
	FORGE_FROM_OTHER_PORT,
	FORGE_FROM_OTHER_HOST,
	FORGE_UNPROBED_PORT,
	FORGE_UNPROBED_HOST,
	FORGE_REPLAYED_SYN_ACK,
	FORGE_REPLAYED_RST,
	FORGE_REPLAYED_ICMP,
	FORGE_ECHO,
	FORGE_MIRRORED,
	FORGE_MIRRORED_ACK,
	FORGE_DATA,
	FORGE_FIRST_FRAGMENT,
	FORGE_LATER_FRAGMENT,
	FORGE_ICMP_SEQ,
	FORGE_ICMP_PORT,
	FORGE_ICMP_SHORT,
	FORGE_SYN,
	KINDS = 32 /* a power of two */
};

/* What to send, set before each call. Addresses and ports in host byte order. */
struct order {
	__u64 limit; /* frames to send in all */
	__u64 seed;
	__u64 key0, key1; /* of the scan that is attacked */
	__u32 network; /* of the addresses made up */
	__u32 host_mask;
	__u32 victim; /* the address forged frames go to; for FORGE_SYN, the one they come from */
	__u32 first_port; /* of the ports at the victim's end */
	__u32 ports;
	__u32 target_port; /* one that the scan probes */
	__u32 kinds; /* how many of the following there are: each frame is of the next */
	__u16 dst_mac[3];
	__u16 src_mac[3];
	__u8 kind[KINDS];
} job;

__u64 sent;

/* draft is one frame's contents, in host byte order: a TCP header, or the one that an ICMP error quotes, turned round. */
struct draft {
	__u32 src;
	__u32 dst;
	__u16 sport;
	__u16 dport;
	__u32 seq;
	__u32 ack;
	__u16 frag; /* of the IPv4 header */
	__u16 data; /* bytes after the header */
	__u16 id;
	__u8 flags;
};

#define QUOTE_LEN 8 /* bytes of TCP header */
#define ICMP_LEN (IP_OFFSET + 2 * sizeof(struct ipv4) + sizeof(struct icmp) + QUOTE_LEN)
#define DATA_LEN 6 /* up to the shortest frame */

/* put_tcp writes the headers; what follows them are zeros. */
static __always_inline void put_tcp(struct eth *eth, const struct draft *d)
{
	struct ipv4 *ip = (void *)eth + IP_OFFSET;
	struct tcp *tcp = (void *)eth + TCP_OFFSET;
	__u16 *pad = (void *)(tcp + 1);

	put_ipv4(ip, 0, sizeof(*ip) + sizeof(*tcp) + d->data, d->id, 64, PROTO_TCP, bpf_htonl(d->src), bpf_htonl(d->dst));
	if (d->frag) {
		ip->frag = bpf_htons(d->frag);
		ip->sum = 0;
		ip->sum = ~fold(sum_words(ip, sizeof(*ip) / 4));
	}
	tcp->sport = bpf_htons(d->sport);
	tcp->dport = bpf_htons(d->dport);
	tcp->seq = bpf_htonl(d->seq);
	tcp->ack = bpf_htonl(d->ack);
	tcp->offset = 5 << 4;
	tcp->flags = d->flags;
	tcp->window = d->flags & TCP_RST ? 0 : bpf_htons(64240);
	tcp->sum = 0;
	tcp->urgent = 0;
	tcp->sum = ~fold(pseudo(ip, sizeof(*tcp) + d->data) + sum_words(tcp, sizeof(*tcp) / 4));
	pad[0] = pad[1] = pad[2] = 0;
}

/* put_icmp writes an error that quotes the probe which the draft would have answered. */
static __always_inline void put_icmp(struct eth *eth, const struct draft *d, __u32 kind)
{
	struct ipv4 *ip = (void *)eth + IP_OFFSET, *quoted;
	struct icmp *icmp = (void *)(ip + 1);
	__u32 src = bpf_htonl(d->src), dst = bpf_htonl(d->dst), *tcp;
	__u32 missing = kind == FORGE_ICMP_SHORT;

	quoted = (void *)(icmp + 1);
	tcp = (void *)(quoted + 1);
	put_ipv4(ip, 0xc0, ICMP_LEN - IP_OFFSET - missing, d->id, 64, PROTO_ICMP, src, dst);
	put_ipv4(quoted, 0, sizeof(*ip) + sizeof(struct tcp), ~d->id, 63, PROTO_TCP, dst, src);
	tcp[0] = bpf_htonl((__u32)d->dport << 16 | d->sport);
	tcp[1] = bpf_htonl(d->ack - 1);
	icmp->type = ICMP_UNREACHABLE;
	icmp->code = 1;
	icmp->sum = 0;
	icmp->unused = 0;
	if (missing) /* the byte is there, and is padding: for the sum it is none */
		((__u8 *)tcp)[QUOTE_LEN - 1] = 0;
	icmp->sum = ~fold(sum_words(icmp, (sizeof(*icmp) + sizeof(*quoted) + QUOTE_LEN) / 4));
	if (missing)
		((__u8 *)tcp)[QUOTE_LEN - 1] = (__u8)(d->ack - 1);
}

/* other_port is the one of the victim's ports that is half of them away. */
static __always_inline __u16 other_port(__u16 port)
{
	__u32 at = port - job.first_port + job.ports / 2;

	return job.first_port + (at < job.ports ? at : at - job.ports);
}

/* answer_from drafts the true answer to a probe of host:port, by a key. */
static __always_inline void answer_from(struct draft *d, __u64 key0, __u32 host, __u16 port)
{
	__u64 h = cookie(key0, job.key1, job.victim, host, port);

	d->src = host;
	d->sport = port;
	d->dport = job.first_port + cookie_port(h, job.ports);
	d->ack = cookie_seq(h) + 1;
}

/* turn makes of an answer the probe that it answers. */
static __always_inline void turn(struct draft *d)
{
	__u32 addr = d->src;
	__u16 port = d->sport;

	d->src = d->dst;
	d->dst = addr;
	d->sport = d->dport;
	d->dport = port;
	d->seq = d->ack - 1;
	d->ack = 0;
	d->flags = TCP_SYN;
}

/* spoil makes what is wrong with a true answer from host:target_port. */
static __always_inline void spoil(struct draft *d, __u32 kind)
{
	switch (kind) {
	case FORGE_NEXT_RST:
		d->flags = TCP_RST | TCP_ACK;
		d->ack++;
		break;
	case FORGE_ZERO_RST:
		d->flags = TCP_RST;
		d->ack = 0;
		break;
	case FORGE_REPLAYED_RST:
		d->flags = TCP_RST | TCP_ACK;
		break;
	case FORGE_BARE_ACK:
	case FORGE_ICMP_SEQ:
		d->ack--;
		break;
	case FORGE_DATA:
		d->data = DATA_LEN;
		d->ack++;
		break;
	case FORGE_NEXT_ACK:
		d->ack++;
		break;
	case FORGE_ZERO_ACK:
		d->ack = 0;
		break;
	case FORGE_TO_OTHER_PORT:
	case FORGE_ICMP_PORT:
		d->dport = other_port(d->dport);
		break;
	case FORGE_FROM_OTHER_PORT:
		d->sport ^= 1;
		break;
	case FORGE_FROM_OTHER_HOST:
		d->src ^= 1;
		break;
	case FORGE_FIRST_FRAGMENT:
		d->frag = 0x2000;
		break;
	case FORGE_LATER_FRAGMENT:
		d->frag = 1;
		break;
	case FORGE_ECHO:
		turn(d);
		break;
	case FORGE_MIRRORED:
	case FORGE_MIRRORED_ACK:
		d->seq = d->ack - 1;
		d->ack = 0;
		d->flags = kind == FORGE_MIRRORED ? TCP_SYN : TCP_SYN | TCP_ACK;
		break;
	}
}

/* draft_for makes up the n-th frame. */
static __always_inline void draft_for(struct draft *d, __u32 kind, __u64 n)
{
	__u64 a = mix(job.seed + 2 * n), b = mix(job.seed + 2 * n + 1), key0 = job.key0;
	__u32 host = job.network | (((__u32)b | 4) & job.host_mask); /* past the first few hosts, which are real */
	__u16 port = job.target_port;

	d->dst = job.victim;
	d->seq = a;
	d->frag = 0;
	d->data = 0;
	d->id = b;
	d->flags = TCP_SYN | TCP_ACK;
	if (kind <= FORGE_ICMP || kind == FORGE_SYN) {
		d->src = host;
		d->sport = b >> 48;
		d->dport = job.first_port + (((__u32)(b >> 32) & 0xffff) * job.ports >> 16);
		d->ack = a >> 32;
		if (kind == FORGE_RST)
			d->flags = TCP_RST | TCP_ACK;
		if (kind == FORGE_SYN)
			turn(d);
		return;
	}
	if (kind == FORGE_UNPROBED_HOST)
		host ^= 1U << 31;
	if (kind == FORGE_UNPROBED_PORT)
		port ^= 1 << 15;
	if (kind == FORGE_REPLAYED_SYN_ACK || kind == FORGE_REPLAYED_RST || kind == FORGE_REPLAYED_ICMP)
		key0++; /* another scan's */
	answer_from(d, key0, host, port);
	spoil(d, kind);
}

static __always_inline int is_icmp(__u32 kind)
{
	return kind == FORGE_ICMP || kind == FORGE_REPLAYED_ICMP || kind == FORGE_ICMP_SEQ || kind == FORGE_ICMP_PORT ||
	       kind == FORGE_ICMP_SHORT;
}

SEC("xdp")
int forge(struct xdp_md *ctx)
{
	struct eth *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u64 n = sent;
	struct draft d;
	__u32 kind;

	if (n >= job.limit || !job.kinds)
		return XDP_DROP;
	if ((void *)eth + ETH_MIN > end)
		return XDP_ABORTED;
	kind = job.kind[n % job.kinds & (KINDS - 1)];
	draft_for(&d, kind, n);
	/* A frame comes back as its last receiver left it, so every byte is written. */
#pragma unroll
	for (int i = 0; i < 3; i++) {
		eth->dst[i] = job.dst_mac[i];
		eth->src[i] = job.src_mac[i];
	}
	eth->type = bpf_htons(ETH_IPV4);
	if (is_icmp(kind)) {
		if ((void *)eth + ICMP_LEN > end)
			return XDP_ABORTED;
		put_icmp(eth, &d, kind);
	} else {
		put_tcp(eth, &d);
		if ((void *)eth + ICMP_LEN <= end) {
			__u16 *pad = (void *)eth + ETH_MIN;
#pragma unroll
			for (unsigned int i = 0; i < (ICMP_LEN - ETH_MIN) / 2; i++)
				pad[i] = 0;
		}
	}
	sent = n + 1;
	return XDP_TX;
}
