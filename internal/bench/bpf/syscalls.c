// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * syscalls: how many system calls one process makes. `whoami` is run by that process itself: the number that
 * the kernel knows it by is another than its own where it lives in a PID namespace.
 */
#include "kernel.h"

char _license[] SEC("license") = "Dual MIT/GPL";

__u32 tgid;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

SEC("raw_tp")
int whoami(void *ctx)
{
	tgid = bpf_get_current_pid_tgid() >> 32;
	return 0;
}

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	__u32 zero = 0;
	__u64 *n;

	if (bpf_get_current_pid_tgid() >> 32 != tgid)
		return 0;
	n = bpf_map_lookup_elem(&calls, &zero);
	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}
