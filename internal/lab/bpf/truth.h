/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the simulated Internet is: a keyed hash of (address, port). truth.go computes the same; a test
 * holds the two equal.
 */
#pragma once

#include "kernel.h"

enum outcome { SILENT = 0, OPEN = 1, CLOSED = 2, UNREACHABLE = 3 };

/* The key is mixed once in Go, so that neighbouring keys make unrelated worlds. */
const volatile __u64 mixed_key;

/*
 * Each is the first 32-bit value past its outcome's share, so 2^32 means "always". Cumulative: a target is
 * open below open_below, else closed below closed_below, else unreachable below unreachable_below.
 */
const volatile __u64 open_below;
const volatile __u64 closed_below;
const volatile __u64 unreachable_below;

/* mix is the finalizer of SplitMix64: a bijection in which each bit of x moves half the bits of the result. */
static __always_inline __u64 mix(__u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* target_hash takes host byte order. Its lower half decides the outcome, its upper half is the ISN. */
static __always_inline __u64 target_hash(__u32 addr, __u16 port)
{
	return mix(mixed_key + (((__u64)addr << 16) | port));
}

static __always_inline enum outcome outcome_of(__u64 hash)
{
	__u32 roll = hash;

	if (roll < open_below)
		return OPEN;
	if (roll < closed_below)
		return CLOSED;
	if (roll < unreachable_below)
		return UNREACHABLE;
	return SILENT;
}
