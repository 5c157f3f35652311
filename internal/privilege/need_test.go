package privilege

import (
	"testing"

	"kernel.org/pub/linux/libs/security/libcap/cap"
)

func TestSetcap(t *testing.T) {
	tests := []struct {
		name string
		path string
		live bool
		want string
	}{
		{name: "engine xsk", path: "/usr/local/bin/xsweep",
			want: "sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep /usr/local/bin/xsweep"},
		{name: "engine xdp", path: "/usr/local/bin/xsweep", live: true,
			want: "sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon,cap_ipc_lock+ep /usr/local/bin/xsweep"},
		{name: "a path that a shell would take apart", path: "/home/o'hara/my tools/xsweep",
			want: `sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep '/home/o'\''hara/my tools/xsweep'`},
		{name: "no path", want: "sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep ''"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Setcap(tt.path, ToOpen(tt.live)); got != tt.want {
				t.Errorf("Setcap(%q):\n got %s\nwant %s", tt.path, got, tt.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	if got, want := Names(ToOpen(true)), "CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON, CAP_IPC_LOCK"; got != want {
		t.Errorf("Names: %q, want %q", got, want)
	}
}

func TestStands(t *testing.T) {
	admin := cap.NewSet()
	if err := admin.SetFlag(cap.Effective, true, cap.SYS_ADMIN, cap.NET_RAW); err != nil {
		t.Fatal(err)
	}
	for c, want := range map[cap.Value]bool{
		cap.BPF: true, cap.PERFMON: true, cap.NET_RAW: true, // the first two because CAP_SYS_ADMIN stands for them
		cap.NET_ADMIN: false, cap.IPC_LOCK: false,
	} {
		if got := stands(admin, c); got != want {
			t.Errorf("CAP_SYS_ADMIN and CAP_NET_RAW stand for %v: %v, want %v", c, got, want)
		}
	}
	if isEffective(admin, 200) {
		t.Error("a capability that does not exist is effective")
	}
}
