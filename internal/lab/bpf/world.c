// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * world: the simulated Internet. It runs in native XDP on the world's end of the wire, checks each SYN that
 * comes for the network, and answers as the truth says, with the faults it was configured to have.
 *
 * Configuration is constant data: the verifier removes the branches of whatever is off, so a feature that
 * is not used costs nothing.
 */
#include "answer.h"
#include "frame.h"
#include "kernel.h"
#include "ledger.h"
#include "truth.h"

char _license[] SEC("license") = "Dual MIT/GPL";

/* Addresses in host byte order. The scanner's and the world's own are left to the two kernels. */
const volatile __u32 network;
const volatile __u32 network_mask;
const volatile __u32 scanner_addr;
const volatile __u32 world_addr;

const volatile __u32 skip_checksums; /* believe what comes */
const volatile __u32 drop_all; /* count only */

/* Shares as the first 32-bit value past them, like those of truth.h. */
const volatile __u64 loss_below;
const volatile __u64 wrong_ack_below;
const volatile __u64 duplicate_below;
const volatile __u32 copies; /* extra frames of an answer sent more than once */

/*
 * wire holds the interface itself. Answers are redirected to it, because XDP_TX reaches a veth peer only if
 * that has an XDP program, and a redirect wants no more than NAPI, which GRO gives it as well. echo holds
 * the interface 1 + copies times: a broadcast sends one frame for each entry.
 */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} wire SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} echo SEC(".maps");

/* Whether a segment is whole: an ordinary header, nothing after it, and all of it here. */
static __always_inline int well_formed(const struct ipv4 *ip, const struct tcp *tcp, const void *end)
{
	__u32 header = (tcp->offset >> 4) * 4;

	return ip->version_ihl == 0x45 && !(ip->frag & bpf_htons(IP_FRAGMENT)) && header >= sizeof(*tcp) &&
	       bpf_ntohs(ip->len) == sizeof(*ip) + header && (const void *)tcp + header <= end;
}

/* Whether both checksums are right; counts the first that is not. */
static __always_inline int intact(struct counters *c, const struct ipv4 *ip, const struct tcp *tcp, const void *end)
{
	__u32 words = tcp->offset >> 4;
	__u64 sum;

	if (skip_checksums)
		return 1;
	if (fold(sum_words(ip, sizeof(*ip) / 4)) != 0xffff) {
		c->bad_ip_checksum++;
		return 0;
	}
	sum = pseudo(ip, 4 * words) + sum_words(tcp, sizeof(*tcp) / 4);
	sum += sum_bounded(tcp + 1, words - sizeof(*tcp) / 4, end);
	if (fold(sum) != 0xffff) {
		c->bad_tcp_checksum++;
		return 0;
	}
	return 1;
}

/* send gives the frame to the wire, more than once if the dice say so. */
static __always_inline int send(struct counters *c, __u64 dice)
{
	if (duplicate_below && (__u32)mix(dice) < duplicate_below) {
		c->duplicates += copies;
		return bpf_redirect_map(&echo, 0, BPF_F_BROADCAST);
	}
	return bpf_redirect_map(&wire, 0, XDP_TX);
}

/* remember keeps the ack of a SYN-ACK, so that the RST for it can be checked. */
static __always_inline void remember(struct counters *c, const struct probe *p, __u32 ack)
{
	struct connection key = {
		.addr = p->dst,
		.port = p->dport,
		.scanner_port = p->sport,
	};

	if (bpf_map_update_elem(&accepted, &key, &ack, BPF_ANY))
		c->untracked++;
}

/* router_of picks who reports code 1 or 13: any host of the network but its first few. */
static __always_inline __u32 router_of(__u64 style)
{
	return network | ((((__u32)(style >> 32)) | 4) & ~network_mask);
}

static __always_inline int unreachable(struct xdp_md *ctx, const struct probe *p, __u32 seq, __u64 style)
{
	switch (style % 3) {
	case 0: /* host unreachable */
		return answer_unreachable(ctx, p, router_of(style), 1, seq, style);
	case 1: /* port unreachable: the host itself says so */
		return answer_unreachable(ctx, p, bpf_ntohl(p->dst), 3, seq, style);
	}
	/* communication administratively prohibited */
	return answer_unreachable(ctx, p, router_of(style), 13, seq, style);
}

/* on_probe decides over a SYN that is as it should be. */
static __always_inline int on_probe(struct xdp_md *ctx, struct counters *c, const struct probe *p, __u64 hash)
{
	/*
	 * The dice differ from probe to probe, so that a second one to the same target may fare better: it has another
	 * source port, and else another number. The number alone would not do: each CPU has its own.
	 */
	__u64 dice = loss_below || wrong_ack_below || duplicate_below ? mix(hash + c->syns + ((__u64)p->sport << 32)) : 0;
	__u32 wrong = wrong_ack_below && (dice >> 32) < wrong_ack_below ? (__u32)mix(~dice) | 1 : 0;
	enum outcome outcome = outcome_of(hash);
	__u32 ack = p->seq + 1;
	__u64 style;
	int failed;

	if (loss_below && (__u32)dice < loss_below) {
		c->lost++;
		return XDP_DROP;
	}
	if (outcome == SILENT) {
		c->silent++;
		return XDP_DROP;
	}
	style = mix(hash);
	if (outcome == OPEN)
		failed = answer_open(ctx, p, hash >> 32, ack ^ wrong, style);
	else if (outcome == CLOSED)
		failed = answer_closed(ctx, p, ack ^ wrong, style);
	else
		failed = unreachable(ctx, p, p->seq ^ wrong, style);
	if (failed) {
		c->failed++;
		return XDP_DROP;
	}
	if (wrong) {
		c->wrong_acks++;
	} else if (outcome == OPEN) {
		c->open++;
		remember(c, p, ack);
	} else if (outcome == CLOSED) {
		c->closed++;
	} else {
		c->unreachable++;
	}
	return send(c, dice);
}

/*
 * on_rst checks the RST that ends a connection: it has the sequence number that the SYN-ACK acknowledged
 * (RFC 9293 section 3.5.2) and, if it acknowledges at all, the SYN-ACK's.
 */
static __always_inline int on_rst(struct counters *c, const struct ipv4 *ip, const struct tcp *tcp, const void *end, __u64 hash)
{
	struct connection key = {
		.addr = ip->dst,
		.port = tcp->dport,
		.scanner_port = tcp->sport,
	};
	__u32 isn = hash >> 32, *want;

	if (!well_formed(ip, tcp, end)) {
		c->rsts_bad++;
		return XDP_DROP;
	}
	if (!intact(c, ip, tcp, end)) {
		c->rsts_bad++;
		return XDP_DROP;
	}
	want = bpf_map_lookup_elem(&accepted, &key);
	if (want && bpf_ntohl(tcp->seq) == *want && (!(tcp->flags & TCP_ACK) || bpf_ntohl(tcp->ack) == isn + 1))
		c->rsts_good++;
	else
		c->rsts_bad++;
	return XDP_DROP;
}

static __always_inline int on_syn(struct xdp_md *ctx, struct counters *c, const struct ipv4 *ip, const struct tcp *tcp,
			 __u64 hash)
{
	const void *end = (void *)(long)ctx->data_end;
	struct probe p;

	c->syns++;
	note_arrival(c);
	if (!well_formed(ip, tcp, end)) {
		c->malformed++;
		return XDP_DROP;
	}
	if (!intact(c, ip, tcp, end))
		return XDP_DROP;
	if (covering)
		note_coverage(c, bpf_ntohl(ip->dst) - network, bpf_ntohs(tcp->dport));
	if (drop_all) {
		c->dropped++;
		return XDP_DROP;
	}
	p.src = ip->src;
	p.dst = ip->dst;
	p.sport = tcp->sport;
	p.dport = tcp->dport;
	p.seq = bpf_ntohl(tcp->seq);
	p.header_len = (tcp->offset >> 4) * 4;
	return on_probe(ctx, c, &p, hash);
}

SEC("xdp")
int world(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct eth *eth = (void *)(long)ctx->data;
	struct ipv4 *ip = (void *)eth + IP_OFFSET;
	struct tcp *tcp = (void *)eth + TCP_OFFSET;
	struct counters *c;
	__u32 zero = 0, dst;
	__u64 hash;

	c = bpf_map_lookup_elem(&counts, &zero);
	if (!c)
		return XDP_ABORTED;
	if ((void *)(tcp + 1) > end || eth->type != bpf_htons(ETH_IPV4) || ip->protocol != PROTO_TCP)
		goto pass;
	dst = bpf_ntohl(ip->dst);
	if ((dst & network_mask) != network)
		goto pass;
	if (dst == world_addr || dst == scanner_addr) {
		if ((tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN) {
			c->host_syns++;
			if (covering && coverage_bit[bpf_ntohs(tcp->dport)])
				note_coverage(c, dst - network, bpf_ntohs(tcp->dport));
		}
		goto pass;
	}
	hash = target_hash(dst, bpf_ntohs(tcp->dport));
	if (tcp->flags & TCP_RST)
		return on_rst(c, ip, tcp, end, hash);
	if ((tcp->flags & (TCP_SYN | TCP_ACK | TCP_FIN)) == TCP_SYN)
		return on_syn(ctx, c, ip, tcp, hash);
pass:
	c->passed++;
	return XDP_PASS;
}
