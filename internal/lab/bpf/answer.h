/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Answers, made in the frame of the probe. Each function returns 0, or -1 if the frame could not be
 * resized.
 */
#pragma once

#include "frame.h"

/* probe is what an answer needs of a SYN; in network byte order where the wire has it so. */
struct probe {
	__u32 src;
	__u32 dst;
	__u16 sport;
	__u16 dport;
	__u32 seq; /* host byte order */
	__u32 header_len; /* of TCP, in bytes */
};

/* resize changes the frame's length to `want`. */
static __always_inline int resize(struct xdp_md *ctx, __u32 want)
{
	long now = (void *)(long)ctx->data_end - (void *)(long)ctx->data;
	int delta = (int)want - (int)now;

	return delta ? bpf_xdp_adjust_tail(ctx, delta) : 0;
}

/* The initial time to live is a usual one, and the way here took 1 to 16 hops. */
static __always_inline __u8 ttl_of(__u64 style)
{
	__u8 initial = style & 0x100 ? 64 : style & 0x200 ? 128 : 255;

	return initial - 1 - ((style >> 12) & 15);
}

static __always_inline __u16 window_of(__u64 style)
{
	switch ((style >> 16) & 3) {
	case 0:
		return 64240;
	case 1:
		return 65535;
	case 2:
		return 29200;
	}
	return 8192;
}

/* mss_of is 1460, or less by a tunnel or two. */
static __always_inline __u32 mss_of(__u64 style)
{
	return 1460 - 20 * ((style >> 18) & 3);
}

struct tcp_reply {
	__u32 seq;
	__u32 ack;
	__u16 window;
	__u8 flags;
	__u8 ttl;
	__u16 id;
};

/*
 * put_segment writes a whole TCP answer whose header has `words` words, known when compiling; 6 carry an
 * MSS option and 8 a window scale and SACK-permitted as well.
 */
static __always_inline int put_segment(struct xdp_md *ctx, const struct probe *p, const struct tcp_reply *r, __u32 mss, int words)
{
	const int bytes = TCP_OFFSET + 4 * words;
	const int frame = bytes < ETH_MIN ? ETH_MIN : bytes;
	struct eth *eth;
	struct ipv4 *ip;
	struct tcp *tcp;
	__u32 *option;
	__u16 *pad;

	if (resize(ctx, frame))
		return -1;
	eth = (void *)(long)ctx->data;
	if ((void *)eth + frame > (void *)(long)ctx->data_end)
		return -1;
	for (int i = 0; i < 3; i++) {
		__u16 part = eth->dst[i];

		eth->dst[i] = eth->src[i];
		eth->src[i] = part;
	}
	ip = (void *)eth + IP_OFFSET;
	put_ipv4(ip, 0, bytes - IP_OFFSET, r->id, r->ttl, PROTO_TCP, p->dst, p->src);

	tcp = (void *)eth + TCP_OFFSET;
	tcp->sport = p->dport;
	tcp->dport = p->sport;
	tcp->seq = bpf_htonl(r->seq);
	tcp->ack = bpf_htonl(r->ack);
	tcp->offset = words << 4;
	tcp->flags = r->flags;
	tcp->window = bpf_htons(r->window);
	tcp->sum = 0;
	tcp->urgent = 0;
	option = (void *)(tcp + 1);
	if (words > 5)
		option[0] = bpf_htonl(0x02040000 | mss); /* kind 2, length 4 */
	if (words > 6) {
		option[1] = bpf_htonl(0x01030307); /* no-op; window scale 7 */
		option[2] = bpf_htonl(0x01010402); /* two no-ops; SACK permitted */
	}
	tcp->sum = ~fold(pseudo(ip, 4 * words) + sum_words(tcp, words));

	/* What follows a short segment is the probe's tail: a real sender pads with zeros. */
	pad = (void *)eth + bytes;
#pragma unroll
	for (int i = 0; i < (frame - bytes) / 2; i++)
		pad[i] = 0;
	return 0;
}

/* answer_open accepts: a SYN-ACK that offers no option the probe did not, but always an MSS. */
static __always_inline int answer_open(struct xdp_md *ctx, const struct probe *p, __u32 isn, __u32 ack, __u64 style)
{
	struct tcp_reply r = {
		.seq = isn,
		.ack = ack,
		.window = window_of(style),
		.flags = TCP_SYN | TCP_ACK,
		.ttl = ttl_of(style),
		.id = style >> 20,
	};

	if (p->header_len >= 32) /* the profile of an operating system */
		return put_segment(ctx, p, &r, mss_of(style), 8);
	return put_segment(ctx, p, &r, mss_of(style), 6);
}

/* answer_closed refuses as RFC 9293 section 3.5.2 says for a segment without ACK. */
static __always_inline int answer_closed(struct xdp_md *ctx, const struct probe *p, __u32 ack, __u64 style)
{
	struct tcp_reply r = { .ack = ack, .flags = TCP_RST | TCP_ACK, .ttl = ttl_of(style), .id = style >> 20 };

	return put_segment(ctx, p, &r, 0, 5);
}

/*
 * answer_unreachable quotes the probe in an ICMP error: its IPv4 header and the first 8 bytes of TCP, as
 * RFC 792 demands, or the whole segment, as RFC 1812 section 4.3.2.3 prefers. The new headers go in front.
 * `router` is in host byte order.
 */
static __always_inline int answer_unreachable(struct xdp_md *ctx, const struct probe *p, __u32 router, __u8 code, __u32 seq,
				     __u64 style)
{
	const int before = sizeof(struct ipv4) + sizeof(struct icmp);
	const int quote = IP_OFFSET + before;
	__u32 words = style & 0x1000000 ? p->header_len / 4 : 2;
	struct eth *eth, *old;
	struct ipv4 *ip, *quoted;
	struct icmp *icmp;
	struct tcp *tcp;
	void *end;

	if (resize(ctx, TCP_OFFSET + 4 * words) || bpf_xdp_adjust_head(ctx, -before))
		return -1;
	eth = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if ((void *)eth + quote + sizeof(*quoted) + 8 > end)
		return -1;

	old = (void *)eth + before;
#pragma unroll
	for (int i = 0; i < 3; i++) {
		eth->dst[i] = old->src[i];
		eth->src[i] = old->dst[i];
	}
	eth->type = bpf_htons(ETH_IPV4);

	quoted = (void *)eth + quote;
	tcp = (void *)(quoted + 1);
	tcp->seq = bpf_htonl(seq);
	ip = (void *)eth + IP_OFFSET;
	/* Precedence 6 is that of a router's errors: RFC 1812 section 4.3.2.5. */
	put_ipv4(ip, 0xc0, before + sizeof(*quoted) + 4 * words, style >> 20, ttl_of(style), PROTO_ICMP,
		 bpf_htonl(router), p->src);
	icmp = (void *)(ip + 1);
	icmp->type = ICMP_UNREACHABLE;
	icmp->code = code;
	icmp->sum = 0;
	icmp->unused = 0;
	icmp->sum = ~fold(sum_words(icmp, 2) + sum_words(quoted, sizeof(*quoted) / 4) + sum_bounded(tcp, words, end));
	return 0;
}
