/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Ethernet, IPv4, TCP and ICMP headers, in network byte order, and their checksums.
 *
 * The structs are not packed: for a packed struct clang loads byte by byte, and XDP runs on machines where
 * an unaligned load is an ordinary load.
 */
#pragma once

#include "kernel.h"

#define ETH_IPV4 0x0800
#define ETH_MIN 60 /* the shortest frame without its check sequence: IEEE 802.3 pads up to this */

#define PROTO_ICMP 1
#define PROTO_TCP 6

#define IP_DF 0x4000
#define IP_FRAGMENT 0x3fff /* more fragments, or an offset */

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define ICMP_UNREACHABLE 3

struct eth {
	__u16 dst[3];
	__u16 src[3];
	__u16 type;
};

struct ipv4 {
	__u8 version_ihl;
	__u8 tos;
	__u16 len;
	__u16 id;
	__u16 frag;
	__u8 ttl;
	__u8 protocol;
	__u16 sum;
	__u32 src;
	__u32 dst;
};

struct tcp {
	__u16 sport;
	__u16 dport;
	__u32 seq;
	__u32 ack;
	__u8 offset; /* header length in words, in the upper half */
	__u8 flags;
	__u16 window;
	__u16 sum;
	__u16 urgent;
};

struct icmp {
	__u8 type;
	__u8 code;
	__u16 sum;
	__u32 unused;
};

_Static_assert(sizeof(struct eth) == 14, "Ethernet header");
_Static_assert(sizeof(struct ipv4) == 20, "IPv4 header without options");
_Static_assert(sizeof(struct tcp) == 20, "TCP header without options");
_Static_assert(sizeof(struct icmp) == 8, "ICMP header");

#define IP_OFFSET sizeof(struct eth)
#define TCP_OFFSET (IP_OFFSET + sizeof(struct ipv4))
#define TCP_WORDS_MAX 15 /* the offset field has four bits */

/*
 * A sum is kept in 64 bits of whatever byte order the memory has: one's complement addition does not care
 * (RFC 1071 section 2), and fewer than 2^32 words never overflow.
 */
static __always_inline __u64 sum_words(const void *start, int words)
{
	const __u32 *word = start;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < words; i++)
		sum += word[i];
	return sum;
}

/*
 * sum_bounded adds the first `words` of at most TCP_WORDS_MAX words; nothing at or after end is read. Whoever
 * calls has checked that all of them lie before it, which is more than the verifier can remember.
 */
static __always_inline __u64 sum_bounded(const void *start, __u32 words, const void *end)
{
	const __u32 *word = start;
	__u64 sum = 0;

	for (__u32 i = 0; i < TCP_WORDS_MAX; i++) {
		if (i >= words || (const void *)(word + i + 1) > end)
			break;
		sum += word[i];
	}
	return sum;
}

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* pseudo is the sum of TCP's pseudo-header (RFC 9293 section 3.1) for a segment of `bytes`. */
static __always_inline __u64 pseudo(const struct ipv4 *ip, __u32 bytes)
{
	return (__u64)ip->src + ip->dst + bpf_htons(PROTO_TCP) + bpf_htons(bytes);
}

/* put_ipv4 writes a header without options around the addresses given in network byte order. */
static __always_inline void put_ipv4(struct ipv4 *ip, __u8 tos, __u16 len, __u16 id, __u8 ttl, __u8 protocol, __u32 src,
			    __u32 dst)
{
	ip->version_ihl = 0x45;
	ip->tos = tos;
	ip->len = bpf_htons(len);
	ip->id = bpf_htons(id);
	ip->frag = bpf_htons(IP_DF);
	ip->ttl = ttl;
	ip->protocol = protocol;
	ip->sum = 0;
	ip->src = src;
	ip->dst = dst;
	ip->sum = ~fold(sum_words(ip, sizeof(*ip) / 4));
}
