package preflight

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/nexthop"
	"github.com/xsweep/xsweep/xsk"
)

// TestHealthy finds nothing but ok where all is well, and a line for everything.
func TestHealthy(t *testing.T) {
	r := Check(machine(t))
	for _, f := range r.Findings {
		if f.Status != OK || f.Fix != "" || f.Text == "" {
			t.Errorf("finding %+v, want ok and a text", f)
		}
	}
	want := []string{"kernel", "af_xdp", "bpf", "capabilities", "memlock", "files", "cores", "governor", "clock", "memory",
		"landlock", "conntrack", "link", "driver", "xdp", "program", "sockets", "zero_copy", "queues", "rss", "rings", "mtu",
		"offloads", "napi", "interrupts", "numa", "route", "gateway", "engine"}
	if got := r.Named(OK); !slices.Equal(got, want) {
		t.Errorf("findings\n got %v\nwant %v", got, want)
	}
	if !r.Ready || r.Engine != "xsk" || r.Interface != "eth7" {
		t.Errorf("ready %v, engine %q, interface %q", r.Ready, r.Engine, r.Interface)
	}
}

const plain = xsk.Basic | xsk.Redirect | xsk.NdoXmit | xsk.RxSG // of a driver without zero-copy

// A trouble is one thing that is wrong with a machine, and all that is to be found then, as "status name": what is not
// listed must be ok.
type trouble struct {
	name  string
	cause func(e *Env)
	want  []string
	text  string // in the text of the first of them
	fix   string // of the first of them
}

// machineTroubles are about the machine and the process.
var machineTroubles = []trouble{
	{"an ancient kernel", func(e *Env) { e.Release = "4.19.0-6-amd64" }, []string{"fatal kernel"}, "5.10 or newer", ""},
	{"the oldest that works", func(e *Env) { e.Release = "5.10.0" }, []string{"warning kernel"}, "engine xdp needs 5.18", ""},
	{"no features by netlink", func(e *Env) {
		e.Release, e.Device.Features.err = "6.1.0-13", errors.ErrUnsupported
	}, []string{"warning kernel", "unknown xdp", "unknown zero_copy"}, "6.3", ""},
	{"before the transmit budget", func(e *Env) { e.Release = "6.16.9" }, nil, "", ""},
	{"a release that is none", func(e *Env) { e.Release = "" }, []string{"fatal kernel"}, "5.10", ""},
	{"no AF_XDP", func(e *Env) { e.file("proc/thread-self/net/protocols", "TCP 1 XDPv6") }, []string{"fatal af_xdp"}, "CONFIG_XDP_SOCKETS", ""},
	{"no BTF", func(e *Env) { e.remove("sys/kernel/btf/vmlinux") }, []string{"warning bpf"}, "CONFIG_DEBUG_INFO_BTF", ""},
	{"lockdown", func(e *Env) { e.file("sys/kernel/security/lockdown", "none integrity [confidentiality]") }, []string{"warning bpf"}, "lockdown", ""},
	{"interpreted programs", func(e *Env) { e.file("proc/sys/net/core/bpf_jit_enable", "0") }, []string{"warning bpf"}, "interpreted",
		"sudo sysctl -w net.core.bpf_jit_enable=1"},
	{"a network namespace of its own", func(e *Env) { e.remove("proc/sys/net/core/bpf_jit_enable") }, nil, "", ""},
	{"nobody", func(e *Env) { e.lacks("CAP_NET_RAW", "CAP_NET_ADMIN", "CAP_BPF", "CAP_PERFMON", "CAP_IPC_LOCK") },
		[]string{"fatal capabilities", "fatal memlock"}, "missing CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON",
		"sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon,cap_ipc_lock+ep /usr/local/bin/xsweep"},
	{"one missing", func(e *Env) { e.lacks("CAP_BPF") }, []string{"fatal capabilities"}, "missing CAP_BPF",
		"sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon,cap_ipc_lock+ep /usr/local/bin/xsweep"},
	{"no new privileges", func(e *Env) {
		e.lacks("CAP_BPF")
		e.file("proc/thread-self/status", "NoNewPrivs:\t1\nSeccomp:\t0")
	}, []string{"fatal capabilities"}, "no_new_privs", ""},
	{"a file system without privileges", func(e *Env) {
		e.lacks("CAP_BPF")
		e.NoSuid = true
	}, []string{"fatal capabilities"}, "/usr/local/bin/xsweep is mounted nosuid", "findmnt -T /usr/local/bin/xsweep"},
	{"enough for a slow scan", func(e *Env) {
		e.lacks("CAP_IPC_LOCK")
		e.MemLock.Max = 100 << 20
	}, []string{"warning memlock"}, "100 MiB may be locked", "sudo prlimit --pid $$ --memlock=unlimited"},
	{"enough for any scan", func(e *Env) {
		e.lacks("CAP_IPC_LOCK")
		e.MemLock.Max = 1 << 30
	}, nil, "", ""},
	{"no limit", func(e *Env) {
		e.lacks("CAP_IPC_LOCK")
		e.MemLock.Max = unix.RLIM_INFINITY
	}, nil, "", ""},
	{"a rootless container", func(e *Env) { e.file("proc/self/uid_map", "0 1000 1\n1 100000 65536") }, []string{"fatal user_namespace"}, "rootless", ""},
	{"a container's filter", func(e *Env) { e.file("proc/thread-self/status", "Seccomp:\t2") }, []string{"unknown seccomp"}, "bpf(2)", ""},
	{"few files", func(e *Env) { e.MaxFiles.Max = 79 }, []string{"fatal files"}, "79 may be open, and a scan wants 80", "sudo prlimit --pid $$ --nofile=4096"},
	{"just enough files", func(e *Env) { e.MaxFiles.Max = 80 }, nil, "", ""},
	{"one core", func(e *Env) { e.Cores = []int{0} }, []string{"warning cores"}, "one core", ""},
	{"two threads a core", func(e *Env) { e.file("sys/devices/system/cpu/smt/active", "1") }, nil, "", ""},
	{"less time than cores", func(e *Env) { e.file("sys/fs/cgroup/system.slice/scan.service/cpu.max", "150000 100000") },
		[]string{"warning cpu_quota"}, "1.5 of 4 cores", "cat /sys/fs/cgroup/system.slice/scan.service/cpu.max"},
	{"less time for all the slice", func(e *Env) { e.file("sys/fs/cgroup/system.slice/cpu.max", "50000 100000") },
		[]string{"warning cpu_quota"}, "0.5 of 4 cores", "cat /sys/fs/cgroup/system.slice/cpu.max"},
	{"time for all cores", func(e *Env) { e.file("sys/fs/cgroup/system.slice/scan.service/cpu.max", "400000 100000") }, nil, "", ""},
	{"control groups of the first version", func(e *Env) {
		e.file("proc/self/cgroup", "3:cpu,cpuacct:/box\n4:memory:/box\n0::/")
		e.file("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "100000")
		e.file("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000")
		e.file("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824")
		e.file("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "0")
	}, []string{"warning cpu_quota", "warning memory"}, "1.0 of 4 cores", "cat /sys/fs/cgroup/cpu/box/cpu.cfs_quota_us"},
	{"a lazy governor", func(e *Env) { e.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave") },
		[]string{"warning governor"}, "lowest", "sudo cpupower frequency-set -g performance"},
	{"one that is only called so", func(e *Env) {
		e.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave")
		e.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "intel_pstate")
	}, nil, "", ""},
	{"a slow clock", func(e *Env) { e.file("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet") },
		[]string{"warning clock"}, "hpet", "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource"},
	{"a slow clock and no other", func(e *Env) {
		e.file("sys/devices/system/clocksource/clocksource0/current_clocksource", "acpi_pm")
		e.file("sys/devices/system/clocksource/clocksource0/available_clocksource", "acpi_pm")
	}, []string{"warning clock"}, "acpi_pm", ""},
	{"a virtual machine's clock", func(e *Env) { e.file("sys/devices/system/clocksource/clocksource0/current_clocksource", "kvm-clock") }, nil, "", ""},
	{"little memory", func(e *Env) { e.file("proc/meminfo", "MemAvailable:     900000 kB") }, []string{"warning memory"},
		"439.4 MiB, is full after some 28 million", ""},
	{"memory that would do for one large scan", func(e *Env) { e.file("proc/meminfo", "MemAvailable:     2000000 kB") }, []string{"warning memory"},
		"1.9 GiB left on the machine: the share for answers, 976.5 MiB,", "xsweep --dedup-memory 1145M"},
	{"twice as much", func(e *Env) { e.file("proc/meminfo", "MemAvailable:     2400000 kB") }, nil, "", ""},
	{"hardly any memory", func(e *Env) { e.file("proc/meminfo", "MemAvailable:     90000 kB") }, []string{"warning memory"}, "packet memory", ""},
	{"a small control group", func(e *Env) { e.file("sys/fs/cgroup/system.slice/scan.service/memory.max", "1073741824") },
		[]string{"warning memory"}, "954 MiB left in the control group", ""},
	{"a small control group, mostly of files", func(e *Env) {
		e.file("sys/fs/cgroup/system.slice/scan.service/memory.max", "3221225472")
		e.file("sys/fs/cgroup/system.slice/scan.service/memory.current", "3000000000")
		e.file("sys/fs/cgroup/system.slice/scan.service/memory.stat", "anon 1000\ninactive_file 2900000000\nactive_file 1")
	}, nil, "", ""},
	{"no fence", func(e *Env) { e.Landlock = 0 }, nil, "", ""},
	{"a full table", func(e *Env) { e.file("proc/sys/net/netfilter/nf_conntrack_count", "240000") }, []string{"warning conntrack"},
		"240000 of 262144", "sudo sysctl -w net.netfilter.nf_conntrack_max=1048576"},
	{"no connection tracking", func(e *Env) { e.remove("proc/sys/net/netfilter/nf_conntrack_max") }, nil, "", ""},
	{"a router", func(e *Env) { e.file("proc/sys/net/ipv4/ip_forward", "1") }, []string{"warning forwarding"}, "NAT", "xsweep --pass-invalid"},
	{"a strict path", func(e *Env) { e.file("proc/sys/net/ipv4/conf/eth7/rp_filter", "1") }, nil, "", ""},
}

// cardTroubles are about the interface.
var cardTroubles = []trouble{
	{"down", func(e *Env) {
		e.Device.Up = false
		e.Path, e.PathErr = nil, &nexthop.InterfaceError{Interface: "eth7", Err: nexthop.ErrDown}
	}, []string{"fatal link", "unknown route"}, "down", "sudo ip link set eth7 up"},
	{"no cable", func(e *Env) { e.Device.Carrier = false }, []string{"fatal link"}, "no carrier", ""},
	{"the loopback device", func(e *Env) { e.Device.Loopback, e.Device.Encap = true, "loopback" }, []string{"fatal link"}, "loopback", "ip -brief link"},
	{"a tunnel", func(e *Env) { e.Device.Encap, e.Device.HasMAC = "none", false }, []string{"fatal link"}, "WireGuard", "ip -brief link"},
	{"a port of a bridge", func(e *Env) { e.Device.Master = "br0" }, []string{"warning device"}, "belongs to br0", "xsweep check -i br0"},
	{"a VLAN device", func(e *Env) {
		e.Device.Kind, e.Device.Parent, e.Device.VLAN = "vlan", "eth0", 42
		e.drives("802.1Q VLAN Support", 0)
	}, []string{"warning device", "warning xdp"}, "send by eth0", "xsweep -i eth0 --vlan 42 -S 198.18.0.1 -G 02:00:00:00:00:09"},
	{"a bridge", func(e *Env) {
		e.Device.Kind = "bridge"
		e.drives("bridge", 0)
	}, []string{"warning device", "warning xdp"}, "bridge", "ip -details link show eth7"},
	{"a bond", func(e *Env) {
		e.Device.Kind = "bond"
		e.drives("bonding", plain)
	}, nil, "", ""},
	{"wireless", func(e *Env) { e.file("sys/class/net/eth7/phy80211/name", "phy0") }, []string{"warning device"}, "wireless", ""},
	{"a driver that does not tell its name", func(e *Env) { e.Device.Driver = "" }, []string{"unknown driver"}, "", ""},
	{"a driver without XDP", func(e *Env) { e.drives("tg3", 0) }, []string{"warning xdp"}, "no XDP", ""},
	{"no zero-copy", func(e *Env) { e.drives("tun", plain) }, nil, "", ""},
	{"somebody's program", func(e *Env) {
		e.Device.Program = &bpf.ForeignProgramError{Interface: "eth7", ID: 42, Name: "cil_xdp_entry"}
		e.Device.Held.it = true
	}, []string{"fatal program"}, `id 42, name "cil_xdp_entry", held by a bpf_link`, "sudo bpftool link show"},
	{"a program left behind", func(e *Env) { e.Device.Program = &bpf.ForeignProgramError{Interface: "eth7", ID: 42} },
		[]string{"fatal program"}, "id 42; it is never displaced", "sudo ip link set dev eth7 xdp off"},
	{"a program, seen without root", func(e *Env) {
		e.Device.Program = &bpf.ForeignProgramError{Interface: "eth7", ID: 42}
		e.Device.Held.err = unix.EPERM
	}, []string{"fatal program"}, "stop its owner", "sudo bpftool net show dev eth7"},
	{"a socket on a queue", func(e *Env) {
		e.Device.Sockets.it = []Socket{{Queue: 0, UID: 1000}, {Queue: 3, UID: 1000}}
	}, []string{"fatal sockets"}, "of user 1000 hold queue 0, 3", "sudo ss --xdp -ap"},
	{"a kernel that hides sockets", func(e *Env) { e.Device.Sockets.err = unix.ENOENT }, []string{"unknown sockets"}, "CONFIG_XDP_SOCKETS_DIAG", ""},
	{"a kernel that does not show sockets to all", func(e *Env) { e.Device.Sockets.err = fmt.Errorf("list: %w", fs.ErrPermission) },
		[]string{"unknown sockets"}, "without root", ""},
	{"one queue of many", func(e *Env) { e.Device.Channels.it.Combined = 1 }, []string{"warning queues"}, "one, of 64", "sudo ethtool -L eth7 combined 4"},
	{"one queue, separate ones", func(e *Env) {
		e.Device.Channels.it.Combined, e.Device.Channels.it.MaxCombined = 0, 0
		e.Device.Channels.it.RX, e.Device.Channels.it.TX, e.Device.Channels.it.MaxRX = 1, 1, 2
	}, []string{"warning queues"}, "one, of 2", "sudo ethtool -L eth7 rx 2 tx 2"},
	{"one queue for one core", func(e *Env) {
		e.Cores = []int{0}
		e.Device.Channels.it.Combined = 1
	}, []string{"warning cores"}, "", ""},
	{"fewer queues than cores, mlx5", func(e *Env) {
		e.drives("mlx5_core", plain)
		e.Device.Channels.it.Combined = 2
	}, []string{"warning queues"}, "2 for 4 cores", "sudo ethtool -L eth7 combined 4"},
	{"virtio without spare queues", func(e *Env) {
		e.drives("virtio_net", plain)
		e.Device.Channels.it.MaxCombined = 6
	}, []string{"warning queues"}, "4 of 6 are in use", "sudo ethtool -L eth7 combined 2"},
	{"virtio with spare queues", func(e *Env) {
		e.drives("virtio_net", plain)
		e.Device.Channels.it.MaxCombined = 8
	}, nil, "", ""},
	{"virtio that has too few", func(e *Env) {
		e.drives("virtio_net", plain)
		e.Device.Channels.it.MaxCombined = 4
	}, []string{"warning queues"}, "5 queues would not", ""},
	{"ENA with all queues in use", func(e *Env) {
		e.drives("ena", plain)
		e.Device.Channels.it.MaxCombined = 4
	}, []string{"warning xdp", "warning queues"}, "half of its queues", ""},
	{"gve with half of them", func(e *Env) {
		e.drives("gve", plain)
		e.Device.Channels.it.MaxCombined = 8
	}, nil, "", ""},
	{"a driver that does not tell its queues", func(e *Env) { e.Device.Channels = answerOf(e.Device.Channels.it, errors.ErrUnsupported) },
		[]string{"unknown queues"}, "does not tell", ""},
	{"all to one queue", func(e *Env) { e.Device.Table.it = []int{2, 2, 2, 2} }, []string{"warning rss"}, "one queue of 4", "sudo ethtool -X eth7 default"},
	{"a driver that does not tell its table", func(e *Env) { e.Device.Table.err = errors.ErrUnsupported }, []string{"unknown rss"}, "", ""},
	{"a small ring", func(e *Env) { e.Device.Rings.it.RX = 256 }, []string{"warning rings"}, "256", "sudo ethtool -G eth7 rx 4096"},
	{"a small ring that can be no larger", func(e *Env) { e.Device.Rings.it.RX, e.Device.Rings.it.MaxRX = 256, 256 }, nil, "", ""},
	{"a small ring that can be a bit larger", func(e *Env) { e.Device.Rings.it.RX, e.Device.Rings.it.MaxRX = 256, 512 },
		[]string{"warning rings"}, "256", "sudo ethtool -G eth7 rx 512"},
	{"no rings", func(e *Env) { e.Device.Rings.err = errors.ErrUnsupported }, nil, "", ""},
	{"an MTU too large for zero-copy", func(e *Env) { e.Device.MTU = 1767 }, []string{"warning zero_copy"}, "up to an MTU of 1766", "sudo ip link set eth7 mtu 1500"},
	{"the largest for it", func(e *Env) { e.Device.MTU = 1766 }, nil, "", ""},
	{"jumbo frames in several buffers", func(e *Env) {
		e.drives("ena", plain)
		e.Device.MTU = 9001
	}, nil, "", ""},
	{"jumbo frames in one", func(e *Env) {
		e.drives("ena", plain&^xsk.RxSG)
		e.Device.MTU = 9001
	}, []string{"warning xdp", "warning mtu"}, "an MTU of 9001", ""},
	{"an MTU too large for an Intel card", func(e *Env) {
		e.drives("ixgbe", plain&^xsk.RxSG)
		e.Device.MTU = 3200
	}, []string{"warning xdp", "warning mtu"}, "an MTU of 3200", ""},
	{"large pages", func(e *Env) {
		e.drives("ena", plain&^xsk.RxSG)
		e.Device.MTU, e.PageSize = 9001, 65536
	}, nil, "", ""},
	{"LRO", func(e *Env) { e.Device.Offloads.it["large-receive-offload"] = true }, []string{"warning offloads"}, "LRO", "sudo ethtool -K eth7 lro off"},
	{"GRO in the card", func(e *Env) { e.Device.Offloads.it["rx-gro-hw"] = true }, []string{"warning offloads"}, "rx-gro-hw", "sudo ethtool -K eth7 rx-gro-hw off"},
	{"GRO in the host of a virtual card", func(e *Env) {
		e.drives("virtio_net", plain)
		e.Device.Channels.it.MaxCombined = 8
		e.Device.Offloads.it["rx-gro-hw"] = true
	}, nil, "", ""},
	{"interrupts that wait", func(e *Env) {
		e.file("sys/class/net/eth7/napi_defer_hard_irqs", "2")
		e.file("sys/class/net/eth7/gro_flush_timeout", "2000000")
	}, []string{"warning napi"}, "up to 2ms", "echo 0 | sudo tee /sys/class/net/eth7/napi_defer_hard_irqs /sys/class/net/eth7/gro_flush_timeout"},
	{"interrupts that wait a little", func(e *Env) {
		e.file("sys/class/net/eth7/napi_defer_hard_irqs", "2")
		e.file("sys/class/net/eth7/gro_flush_timeout", "200000")
	}, nil, "", ""},
	{"another namespace's files", func(e *Env) { e.Device.HasFiles = false }, []string{"unknown napi"}, "another network namespace", ""},
	{"all interrupts to one core", func(e *Env) {
		e.file("proc/irq/41/effective_affinity_list", "0")
		e.file("proc/irq/42/effective_affinity_list", "0")
	}, []string{"warning interrupts"}, "all 2 receive queues go to core 0", "echo 1 | sudo tee /proc/irq/42/smp_affinity_list"},
	{"a card on the other node", func(e *Env) {
		e.Cores = []int{0, 1, 4, 5}
		e.file("sys/class/net/eth7/device/numa_node", "1")
	}, []string{"warning numa"}, "on node 1", "xsweep --cores 4,5"},
	{"a card out of reach", func(e *Env) { e.file("sys/class/net/eth7/device/numa_node", "1") }, []string{"warning numa"}, "none of the cores",
		"numactl --cpunodebind=1 xsweep"},
	{"a card on no node", func(e *Env) { e.file("sys/class/net/eth7/device/numa_node", "-1") }, nil, "", ""},
	{"allowances exceeded", func(e *Env) {
		e.Device.Statistics.it["pps_allowance_exceeded"] = 12
		e.Device.Statistics.it["bw_in_allowance_exceeded"] = 0
		e.Device.Statistics.it["bw_out_allowance_exceeded"] = 3
	}, []string{"warning allowances"}, "bw_out 3, pps 12;", "ethtool -S eth7 | grep _allowance_exceeded"},
	{"too many connections for the cloud", func(e *Env) { e.Device.Statistics.it["conntrack_allowance_exceeded"] = 7 },
		[]string{"warning allowances"}, "security groups", "ethtool -S eth7 | grep _allowance_exceeded"},
	{"allowances kept", func(e *Env) { e.Device.Statistics.it["linklocal_allowance_exceeded"] = 0 }, nil, "", ""},
	{"no statistics", func(e *Env) { e.Device.Statistics.err = errors.ErrUnsupported }, nil, "", ""},
}

// wayTroubles are about the route.
var wayTroubles = []trouble{
	{"no such interface", func(e *Env) {
		e.Asked, e.Device, e.Path = "eth9", nil, nil
		e.PathErr = &nexthop.InterfaceError{Interface: "eth9", Err: nexthop.ErrNoInterface, Detail: "there are lo, eth7"}
	}, []string{"fatal interface"}, "there are lo, eth7", "ip -brief link"},
	{"no route", func(e *Env) { e.Path, e.PathErr = nil, fmt.Errorf("203.0.113.1: %w", nexthop.ErrNoRoute) }, []string{"fatal route"}, "no route",
		"sudo ip route add default via GATEWAY dev eth7"},
	{"no route and no interface", func(e *Env) { e.Device, e.Path, e.PathErr = nil, nil, nexthop.ErrNoRoute }, []string{"fatal route"}, "no route",
		"sudo ip route add default via GATEWAY"},
	{"no address", func(e *Env) {
		e.Path, e.PathErr = nil, &nexthop.InterfaceError{Interface: "eth7", Err: nexthop.ErrNoAddress}
	}, []string{"fatal source"}, "no IPv4 address", "sudo ip address add ADDRESS/LENGTH dev eth7"},
	{"two ways", func(e *Env) { e.Path, e.PathErr = nil, nexthop.ErrSplit }, []string{"fatal route"}, "one interface at a time", "xsweep check -i NAME"},
	{"only ourselves", func(e *Env) { e.Path, e.PathErr = nil, nexthop.ErrLocal }, []string{"fatal route"}, "address of this host: a host cannot scan itself", ""},
	{"a gateway not known yet", func(e *Env) { e.Path.NextHopMAC, e.Path.Learned = [6]byte{}, "nobody has asked lately" },
		[]string{"unknown gateway"}, "198.18.0.2 on the link is not known yet", ""},
	{"a silent gateway", func(e *Env) { e.Path.NextHopMAC, e.Path.Learned = [6]byte{}, "it did not answer lately" },
		[]string{"warning gateway"}, "did not answer", "ping -c 1 198.18.0.2"},
	{"no gateway", func(e *Env) { e.Path.HasGateway, e.Path.OnLink = false, true }, nil, "", ""},
	{"another gateway for some", func(e *Env) { e.Path.Warnings = []string{"192.0.2.1 has another gateway"} }, []string{"warning route"}, "another gateway", ""},
}

// TestTroubles has one thing wrong at a time: it is found, and nothing else is.
func TestTroubles(t *testing.T) {
	for _, tt := range slices.Concat(machineTroubles, cardTroubles, wayTroubles) {
		t.Run(tt.name, func(t *testing.T) {
			e := machine(t)
			tt.cause(e)
			r := Check(e)
			var bad []Finding
			var got []string
			for _, f := range r.Findings {
				if f.Status != OK {
					bad, got = append(bad, f), append(got, string(f.Status)+" "+f.Name)
				}
				if strings.Contains(f.Text+f.Fix, "\n") {
					t.Errorf("finding %+v takes more than a line", f)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Fatalf("found %+v, want %q", bad, tt.want)
			}
			if len(bad) > 0 && (!strings.Contains(bad[0].Text, tt.text) || bad[0].Fix != tt.fix) {
				t.Errorf("text %q\nfix  %q\nwant %q\nand  %q", bad[0].Text, bad[0].Fix, tt.text, tt.fix)
			}
			if fatal := strings.Contains(strings.Join(got, " "), "fatal"); r.Ready == fatal || fatal != (r.Engine == "") {
				t.Errorf("ready %v, engine %q, with %q", r.Ready, r.Engine, got)
			}
		})
	}
}

// TestEngine is what is said of the engine, which package scan decides.
func TestEngine(t *testing.T) {
	tests := []struct {
		name   string
		cause  func(e *Env)
		engine string
		text   string // the beginning
	}{
		{"zero-copy", func(*Env) {}, "xsk", "xsk (zero-copy)"},
		{"no zero-copy", func(e *Env) { e.drives("tun", plain) }, "xdp", "xdp (faster than copy mode); xsk, in copy mode, up to 500000 packets per second"},
		{"no BTF", func(e *Env) {
			e.drives("tun", plain)
			e.remove("sys/kernel/btf/vmlinux")
		}, "xsk", "xsk, in copy mode (not xdp: live XDP frames are not available: the kernel has no BTF)"},
		{"a kernel before live frames", func(e *Env) {
			e.drives("tun", plain)
			e.Release = "5.15.0"
		}, "xsk", "xsk, in copy mode (not xdp: live XDP frames are not available: Linux 5.18"},
		{"a lonely veth", func(e *Env) { e.drives("veth", plain&^xsk.NdoXmit) }, "xsk", "xsk, in copy mode (not xdp: engine xdp on eth7: live XDP frames are not available: veth"},
		{"a jumbo MTU", func(e *Env) { e.Device.MTU = 9000 }, "xdp", "xdp (faster"},
		{"no XDP at all", func(e *Env) { e.drives("tg3", 0) }, "xsk", "xsk, in copy mode (not xdp: the program is attached in generic mode)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := machine(t)
			tt.cause(e)
			r := Check(e)
			last := r.Findings[len(r.Findings)-1]
			if r.Engine != tt.engine || last.Name != "engine" || !strings.HasPrefix(last.Text, tt.text) {
				t.Errorf("engine %q, finding %+v, want %q, %q", r.Engine, last, tt.engine, tt.text)
			}
		})
	}
}

// TestForbidden: what only root may read is unknown and says so, and nothing is guessed of it.
func TestForbidden(t *testing.T) {
	e := machine(t)
	e.Files = forbidden{e.Files}
	for _, f := range Check(e).Findings {
		if f.Status != OK && f.Status != Unknown {
			t.Errorf("finding %+v of files that cannot be read", f)
		}
		if f.Status == Unknown && !strings.Contains(f.Text, "without root") {
			t.Errorf("finding %+v does not say that root would see more", f)
		}
	}
}

// TestVirtioInterrupts finds the interrupts of a card that is on another device.
func TestVirtioInterrupts(t *testing.T) {
	e := machine(t)
	files := e.Files.(fstest.MapFS)
	for path := range files {
		if strings.HasPrefix(path, "sys/class/net/eth7/device") {
			delete(files, path)
		}
	}
	link := func(path, target string) {
		files[path] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
	}
	link("sys/class/net/eth7/device", "../../../virtio2")
	link("sys/bus/virtio/devices/virtio2", "../../../devices/pci0000:00/0000:00:03.0/virtio2")
	for _, irq := range []string{"37", "38", "39", "40"} {
		e.file("sys/devices/pci0000:00/0000:00:03.0/msi_irqs/"+irq, "msix")
		e.file("proc/irq/"+irq+"/effective_affinity_list", "1")
	}
	e.file("proc/interrupts", "37: 0 PCI virtio2-config\n38: 0 PCI virtio2-input.0\n39: 0 PCI virtio2-output.0\n40: 0 PCI virtio2-input.1")
	if got := e.receiveIRQs(); !slices.Equal(got, []int{38, 40}) {
		t.Errorf("receiveIRQs() = %v, want 38 and 40", got)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 1023: "1023 bytes", 8 << 20: "8 MiB", 36<<20 + 1<<19: "36.5 MiB", 3 << 40: "3 TiB"} {
		if got := bytes(n); got != want {
			t.Errorf("bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

// TestDocumented holds that docs/check.md has a line for every finding that there can be.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	collect := func(e *Env) {
		for _, f := range Check(e).Findings {
			seen[f.Name] = true
		}
	}
	collect(machine(t))
	for _, tt := range slices.Concat(machineTroubles, cardTroubles, wayTroubles) {
		e := machine(t)
		tt.cause(e)
		collect(e)
	}
	table := ""
	for line := range strings.Lines(string(text)) {
		if first, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok {
			table += first
		}
	}
	for name := range seen {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("docs/check.md has no line for %q", name)
		}
	}
	if len(seen) < 35 {
		t.Errorf("only %d findings were seen: %v", len(seen), seen)
	}
}
