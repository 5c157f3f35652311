// SPDX-License-Identifier: MIT OR GPL-2.0
//
// steer: the XDP program that gives the scanner its answers and the host everything else.
//
// An answer carries a cookie that only our own probe can have planted (cookie.h). steer recomputes it, so that a true
// answer goes to the AF_XDP socket of the queue it came in by, and a forged one costs nothing but these few lines. What
// is aimed at our source ports with a wrong cookie is passed on only where a socket of this host owns the connection;
// with no owner the stack would only answer it with a RST, at an attacker's pace, or find no one to tell of an error. All
// else is XDP_PASS, untouched.
//
// XDP gives a frame to one place. Where the stack is to reset accepted connections itself, true SYN-ACKs are passed to it,
// and user space gets a copy of their headers by a ring buffer. That wants CAP_BPF only and one reader, where perf events
// want CAP_PERFMON and a buffer for each CPU; its lock is taken once per SYN-ACK, of which the stack takes far fewer.
//
// What is well formed is decided by the rules of package packet, which sees the same bytes again in user space; the
// numbers in brackets are those of its doc.go.

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "cookie.h"
#include "emit.h"

#define IP_FRAGMENT 0x3fff // more-fragments flag and fragment offset: a first fragment is a fragment, too
#define IP_OFFSET   0x1fff // fragment offset alone
#define MAX_SOURCES 4096

// Set once, before the program is loaded, so that the verifier sees constants and drops the branches not taken.
const volatile __u64 key0, key1;      // SipHash key
const volatile __u32 only_source;     // our address, host order, where there is just one; else 0 and the map `sources`
const volatile __u32 port_first;      // our source ports: port_first .. port_first + port_count - 1
const volatile __u32 port_count = 1;
const volatile __u32 probes = 1;      // probes per target: each takes the next source port
const volatile __u32 pass_invalid;    // 1: the stack gets answers with a wrong cookie, whoever owns them
const volatile __u32 pass_synack;     // 1: the stack gets true SYN-ACKs, and the ring `heads` a copy

// The same, for emit.
const volatile __u32 emit_from;      // the loopback device, from which live frames come; 0: nothing is emitted
const volatile __u32 frame_len = 60; // of every frame
const volatile __u32 ip_offset = 14; // of the IPv4 header in it
const volatile __u32 mac_per_entry;  // 1: each has a next hop of its own

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64); // queues; set by the loader
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SOURCES);
	__type(key, __u32); // one of our addresses, host order
	__type(value, __u8);
} sources SEC(".maps");

// One packet adds to exactly one of these.
struct counters {
	__u64 other;            // passed: not an answer to any probe of ours
	__u64 synack, rst, icmp; // answers: redirected, or SYN-ACKs of which the ring has a copy
	__u64 unbound;          // passed: a true answer on a queue that has no socket
	__u64 owned;            // passed: wrong cookie, but a local socket owns the connection
	__u64 forged;           // dropped (passed with pass_invalid): wrong cookie, no owner
	__u64 foreign_icmp;     // passed: an ICMP error that quotes nothing from our addresses and ports
	__u64 uncopied;         // passed: a true SYN-ACK for whose copy the ring had no room
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} verdicts SEC(".maps");

// A head is the beginning of a frame: all headers with all their options (14 + 2 * 4 of Ethernet, 60 of IPv4, 60 of TCP).
#define HEAD_SIZE 144

struct head {
	__u8 bytes[HEAD_SIZE];
	__u32 size; // of the whole frame, or of its first fragment
	__u32 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); // bytes; set by the loader where it is used
} heads SEC(".maps");

// ICMP as RFC 792 has it; <linux/icmp.h> drags in the C library.
struct icmp {
	__u8 type, code;
	__be16 checksum;
	__be32 rest;
};

enum { ICMP_UNREACHABLE = 3, ICMP_SOURCE_QUENCH = 4, ICMP_REDIRECT = 5, ICMP_TIME_EXCEEDED = 11 };

// A packet as far as it has been read. Addresses and ports are in network order, as they stand in it.
struct cursor {
	void *pos, *end;
};

static __always_inline struct ethhdr *read_ethernet(struct cursor *c, __u16 *proto)
{
	struct ethhdr *eth = c->pos;
	if ((void *)(eth + 1) > c->end)
		return 0;
	c->pos = eth + 1;
	*proto = eth->h_proto;
	// A tag that the NIC did not strip, or two of them [1].
#pragma unroll
	for (int i = 0; i < 2; i++) {
		if (*proto != bpf_htons(ETH_P_8021Q) && *proto != bpf_htons(ETH_P_8021AD))
			break;
		__be16 *tag = c->pos;
		if ((void *)(tag + 2) > c->end)
			return 0;
		*proto = tag[1];
		c->pos = tag + 2;
	}
	return eth;
}

// read_ip reads an IPv4 header with its options [2, 3]. The datagram may be longer than the frame: what follows looks.
static __always_inline struct iphdr *read_ip(struct cursor *c)
{
	struct iphdr *ip = c->pos;
	if ((void *)(ip + 1) > c->end || ip->version != 4 || ip->ihl < 5)
		return 0;
	__u32 header = ip->ihl * 4;
	if (bpf_ntohs(ip->tot_len) < header || c->pos + header > c->end)
		return 0;
	if (ip->frag_off & bpf_htons(IP_FRAGMENT))
		return 0;
	c->pos += header;
	return ip;
}

static __always_inline int is_source(__u32 addr)
{
	if (only_source)
		return addr == only_source;
	return bpf_map_lookup_elem(&sources, &addr) != 0;
}

// in_ports tells whether a packet to this port may be an answer at all.
static __always_inline int in_ports(__u32 port)
{
	return port - port_first < port_count;
}

// is_port tells whether port is one of those from which the target with cookie h was probed.
static __always_inline int is_port(__u64 h, __u32 port)
{
	__u32 first = cookie_port(h, port_count), at = port - port_first;
	__u32 ahead = at >= first ? at - first : at + port_count - first; // probes wrap round the end of the range
	return ahead < probes;
}

// A flow is a connection of ours with a target, in network order.
struct flow {
	__be32 us, target;
	__be16 our_port, port;
};

// owned tells whether a socket of this host, a listening one aside, has the connection. It is found as the stack does for a
// packet from the target, and for an ICMP error about one to it.
static __always_inline int owned(struct xdp_md *ctx, const struct flow *f)
{
	struct bpf_sock_tuple t = {};
	t.ipv4.saddr = f->target;
	t.ipv4.daddr = f->us;
	t.ipv4.sport = f->port;
	t.ipv4.dport = f->our_port;
	struct bpf_sock *sk = bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	int yes = sk->state != BPF_TCP_LISTEN;
	bpf_sk_release(sk);
	return yes;
}

static __always_inline int redirect(struct xdp_md *ctx, struct counters *n, __u64 *kind)
{
	int verdict = bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
	if (verdict == XDP_REDIRECT)
		(*kind)++;
	else
		n->unbound++;
	return verdict;
}

static __always_inline int pass(__u64 *counter)
{
	(*counter)++;
	return XDP_PASS;
}

// refuse is for what is aimed at our ports with a wrong cookie.
static __always_inline int refuse(struct xdp_md *ctx, struct counters *n, const struct flow *f)
{
	if (owned(ctx, f))
		return pass(&n->owned);
	n->forged++;
	return pass_invalid ? XDP_PASS : XDP_DROP;
}

// copy_and_pass gives the frame to the stack, and its head to user space.
static __always_inline int copy_and_pass(struct xdp_md *ctx, struct counters *n)
{
	void *frame = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u64 size = end - frame;
	if (size < 8)
		return XDP_PASS; // not so: steer has read more of it
	struct head *head = bpf_ringbuf_reserve(&heads, sizeof(*head), 0);
	if (!head)
		return pass(&n->uncopied);
#pragma unroll
	for (__u32 i = 0; i < HEAD_SIZE / 8; i++) {
		if (frame + 8 * (i + 1) > end)
			break;
		((__u64 *)head->bytes)[i] = ((__u64 *)frame)[i];
	}
	__u64 last = size - 8; // the last word overlaps the one before
	if (last <= HEAD_SIZE - 8) {
		void *from = frame + last;
		asm volatile("" : "+r"(from)); // or the compiler compares another pointer than it reads by
		if (from + 8 <= end)
			*(__u64 *)(head->bytes + last) = *(__u64 *)from;
	}
	head->size = size;
	bpf_ringbuf_submit(head, 0);
	return pass(&n->synack);
}

static __always_inline int steer_tcp(struct xdp_md *ctx, struct counters *n, struct iphdr *ip, struct cursor *c)
{
	struct tcphdr *tcp = c->pos;
	__u32 total = bpf_ntohs(ip->tot_len), header = ip->ihl * 4;
	if ((void *)(tcp + 1) > c->end || (void *)ip + total > c->end || tcp->doff < 5 ||
	    header + tcp->doff * 4 > total) // [5, 6]
		return pass(&n->other);
	int synack = tcp->syn && tcp->ack && !tcp->rst && !tcp->fin; // [7]
	if (!synack && !tcp->rst)
		return pass(&n->other);
	__u32 us = bpf_ntohl(ip->daddr), port = bpf_ntohs(tcp->dest);
	if (!in_ports(port) || !is_source(us))
		return pass(&n->other);

	__u64 h = cookie(key0, key1, us, bpf_ntohl(ip->saddr), bpf_ntohs(tcp->source));
	__u32 acked = bpf_ntohl(tcp->ack_seq) - cookie_seq(h);
	// A SYN-ACK acknowledges the SYN. So does a RST, but some stacks put the bare sequence number into theirs.
	if (is_port(h, port) && (acked == 1 || (!synack && acked == 0))) {
		if (synack && pass_synack)
			return copy_and_pass(ctx, n);
		return redirect(ctx, n, synack ? &n->synack : &n->rst);
	}

	struct flow f = {.us = ip->daddr, .target = ip->saddr, .our_port = tcp->dest, .port = tcp->source};
	return refuse(ctx, n, &f);
}

static __always_inline int is_error(__u8 type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED;
}

// steer_icmp takes errors that quote a probe of ours: its IP header and at least the 8 bytes after it (RFC 792), which
// hold the ports and the sequence number [9 to 11].
static __always_inline int steer_icmp(struct xdp_md *ctx, struct counters *n, struct iphdr *outer, struct cursor *c)
{
	struct icmp *icmp = c->pos;
	struct iphdr *ip = (void *)(icmp + 1);
	__u32 room = bpf_ntohs(outer->tot_len) - outer->ihl * 4;
	if ((void *)(ip + 1) > c->end || !is_error(icmp->type))
		return pass(&n->other);
	__u32 header = ip->ihl * 4;
	if (ip->version != 4 || header < sizeof(*ip) || ip->protocol != IPPROTO_TCP ||
	    (ip->frag_off & bpf_htons(IP_OFFSET)) || room < sizeof(*icmp) + header + 8)
		return pass(&n->foreign_icmp);
	struct tcphdr *tcp = (void *)ip + header;
	if ((void *)tcp + 8 > c->end)
		return pass(&n->foreign_icmp);

	__u32 us = bpf_ntohl(ip->saddr), port = bpf_ntohs(tcp->source);
	if (ip->saddr != outer->daddr || !in_ports(port) || !is_source(us))
		return pass(&n->foreign_icmp);
	__u64 h = cookie(key0, key1, us, bpf_ntohl(ip->daddr), bpf_ntohs(tcp->dest));
	if (is_port(h, port) && bpf_ntohl(tcp->seq) == cookie_seq(h))
		return redirect(ctx, n, &n->icmp);

	struct flow f = {.us = ip->saddr, .target = ip->daddr, .our_port = tcp->source, .port = tcp->dest};
	return refuse(ctx, n, &f);
}

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} wire SEC(".maps"); // the device that emit sends by

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

// write_frame writes every byte of a frame. What was in it does not matter: it may have come back from the device's
// other end, changed.
static __always_inline int write_frame(struct xdp_md *ctx, struct loop *loop, __u32 at)
{
	void *frame = (void *)(long)ctx->data;
	if (frame + frame_len > (void *)(long)ctx->data_end)
		return 0;
#pragma unroll
	for (__u32 i = 0; i < FRAME_WORDS; i++) {
		if (8 * (i + 1) <= frame_len)
			((__u64 *)frame)[i] = loop->frame[i];
		else if (8 * i < frame_len) // the last word overlaps the one before
			*(__u64 *)(frame + frame_len - 8) = *(__u64 *)((void *)loop->frame + frame_len - 8);
	}
	struct entry *e = &loop->entries[at];
	__u64 addrs = (__u64)e->src + e->dst;
	struct iphdr *ip = frame + ip_offset;
	struct tcphdr *tcp = (void *)(ip + 1);
	if (mac_per_entry)
		__builtin_memcpy(frame, loop->mac[at], ETH_ALEN);
	ip->id = bpf_htons(e->id);
	ip->check = bpf_htons(~fold(loop->ip_sum + addrs + e->id));
	ip->saddr = bpf_htonl(e->src);
	ip->daddr = bpf_htonl(e->dst);
	tcp->source = bpf_htons(e->sport);
	tcp->dest = bpf_htons(e->dport);
	tcp->seq = bpf_htonl(e->seq);
	tcp->check = bpf_htons(~fold(loop->tcp_sum + addrs + ((__u64)e->sport << 16) + e->dport + e->seq));
	return 1;
}

// emit: see emit.h. It is a part of steer and no program of its own because of how the kernel calls XDP programs: by a
// table of those in use (the BPF dispatcher), and changing that takes a wait of 20 ms or more. A program that is
// attached to a device is in the table already, so that BPF_PROG_RUN of it costs microseconds, and a call can be as
// short as the rate wants it.
static __always_inline int emit(struct xdp_md *ctx)
{
	struct loop *loop = own_loop();
	if (!loop)
		return XDP_DROP;
	loop->runs++;
	__u32 at = loop->next;
	if (at >= loop->end || at >= LOOP_ENTRIES || loop->error)
		return XDP_DROP;
	if (!write_frame(ctx, loop, at)) {
		loop->error = -EMSGSIZE;
		return XDP_DROP;
	}
	int verdict = bpf_redirect_map(&wire, 0, 0);
	if (verdict != XDP_REDIRECT) {
		loop->error = -ENODEV; // the map forgets a device that is gone
		return XDP_DROP;
	}
	loop->next = at + 1;
	return verdict;
}

SEC("xdp.frags") // headers are in the first fragment, so that jumbo frames do not keep the program off a device
int steer(struct xdp_md *ctx)
{
	if (emit_from && ctx->ingress_ifindex == emit_from)
		return emit(ctx);
	__u32 zero = 0;
	struct counters *n = bpf_map_lookup_elem(&verdicts, &zero);
	if (!n)
		return XDP_PASS;
	struct cursor c = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};
	__u16 proto;
	if (!read_ethernet(&c, &proto) || proto != bpf_htons(ETH_P_IP))
		return pass(&n->other);
	struct iphdr *ip = read_ip(&c);
	if (!ip)
		return pass(&n->other);
	if (ip->protocol == IPPROTO_TCP)
		return steer_tcp(ctx, n, ip, &c);
	if (ip->protocol == IPPROTO_ICMP)
		return steer_icmp(ctx, n, ip, &c);
	return pass(&n->other);
}

char __license[] SEC("license") = "Dual MIT/GPL";
