// SPDX-License-Identifier: MIT OR GPL-2.0
//
// emitwatch: what became of the frames that emit redirected. emit itself does not learn it: its redirect succeeds, and
// afterwards the kernel finds the device down, or the driver has no room. Both are said by tracepoints only, within the
// call and on the CPU of the sender.

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "emit.h"

// Set once, before the program is loaded.
const volatile __u32 emit_from; // the loopback device, from which live frames come
const volatile __u32 device;    // the interface we send by
const volatile __u32 netns;     // inode of the network namespace it is in
const volatile __u32 emitter;   // id of the program that emits

// The few fields of the kernel's structures that are read; their places come from its BTF.
#define KERNEL_STRUCT __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} KERNEL_STRUCT;

struct net {
	struct ns_common ns;
} KERNEL_STRUCT;

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} KERNEL_STRUCT;

struct bpf_prog_aux {
	__u32 id;
} KERNEL_STRUCT;

struct bpf_prog {
	struct bpf_prog_aux *aux;
} KERNEL_STRUCT;

// A driver was given frames in the order of their entries; it took the first `sent` of them and not the other `drops`.
SEC("tp_btf/xdp_devmap_xmit")
int BPF_PROG(on_xmit, const struct net_device *from, const struct net_device *to, int sent, int drops, int err)
{
	struct loop *loop;

	if (to->ifindex != device || from->ifindex != emit_from || to->nd_net.net->ns.inum != netns)
		return 0;
	loop = own_loop();
	if (!loop)
		return 0;
	if (drops > 0) {
		__u32 at = loop->ranges;

		if (at < LOOP_ENTRIES) {
			loop->refused[at].from = loop->settled + sent;
			loop->refused[at].count = drops;
		}
		loop->ranges = at + 1;
		if (!sent && err < 0)
			loop->error = err; // not a ring that is full: the driver cannot send
	}
	loop->settled += sent + drops;
	return 0;
}

// The kernel did not give a frame of ours to the driver at all: the run of emit that has just ended did not count.
SEC("tp_btf/xdp_redirect_err")
int BPF_PROG(on_redirect_err, const struct net_device *dev, const struct bpf_prog *xdp, const void *target, int err)
{
	struct loop *loop;

	if (xdp->aux->id != emitter || dev->ifindex != emit_from)
		return 0;
	loop = own_loop();
	if (!loop || !loop->next)
		return 0;
	loop->next--;
	loop->error = err;
	return 0;
}

char __license[] SEC("license") = "Dual MIT/GPL";
