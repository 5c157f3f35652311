// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The cookie, as scan/cookie.go computes it; scan/testdata/cookie.txt holds the two equal.
//
// SipHash-1-3 (Aumasson and Bernstein, 2012; one round per block and three at the end, as in Rust and Python) over 14
// bytes, little endian: our address, four zeros, the target's address, its port. The zeros put all that is the same
// for every target of a scan into the first block, which the sender hashes once.

#ifndef XSWEEP_COOKIE_H
#define XSWEEP_COOKIE_H

#include <linux/types.h>

static __always_inline __u64 rotate(__u64 x, int by)
{
	return x << by | x >> (64 - by);
}

struct sip {
	__u64 a, b, c, d;
};

static __always_inline void sip_round(struct sip *s)
{
	s->a += s->b;
	s->b = rotate(s->b, 13) ^ s->a;
	s->a = rotate(s->a, 32);
	s->c += s->d;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = rotate(s->b, 17) ^ s->c;
	s->c = rotate(s->c, 32);
}

static __always_inline void sip_block(struct sip *s, __u64 m)
{
	s->d ^= m;
	sip_round(s);
	s->a ^= m;
}

// cookie hashes one flow; addresses and port are in host order.
static __always_inline __u64 cookie(__u64 key0, __u64 key1, __u32 us, __u32 target, __u16 port)
{
	struct sip s = {
		key0 ^ 0x736f6d6570736575ULL,
		key1 ^ 0x646f72616e646f6dULL,
		key0 ^ 0x6c7967656e657261ULL,
		key1 ^ 0x7465646279746573ULL,
	};
	sip_block(&s, us);
	sip_block(&s, 14ULL << 56 | (__u64)port << 32 | target);
	s.c ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

// Its parts: 32 bits of sequence number, 16 that choose the source port, 16 of IP ID.
static __always_inline __u32 cookie_seq(__u64 h)
{
	return (__u32)h;
}

// cookie_port is the place of the first probe's source port in a range of count ports.
static __always_inline __u32 cookie_port(__u64 h, __u32 count)
{
	return (__u32)(h >> 32 & 0xffff) * count >> 16;
}

#endif
