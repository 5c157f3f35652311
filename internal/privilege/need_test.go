package privilege

import (
	"testing"

	libcap "kernel.org/pub/linux/libs/security/libcap/cap"
)

func TestSetcap(t *testing.T) {
	const command = "sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon,cap_ipc_lock+ep "
	for path, want := range map[string]string{
		"/usr/local/bin/xsweep":        "/usr/local/bin/xsweep",
		"/home/o'hara/my tools/xsweep": `'/home/o'\''hara/my tools/xsweep'`,
		"/opt/$(reboot)/xsweep":        "'/opt/$(reboot)/xsweep'",
		"":                             "''",
	} {
		if got := Setcap(path, ToOpen()); got != command+want {
			t.Errorf("Setcap(%q):\n got %s\nwant %s", path, got, command+want)
		}
	}
}

func TestNames(t *testing.T) {
	if got, want := Names(ToOpen()), "CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON, CAP_IPC_LOCK"; got != want {
		t.Errorf("Names: %q, want %q", got, want)
	}
}

func TestStands(t *testing.T) {
	admin := libcap.NewSet()
	if err := admin.SetFlag(libcap.Effective, true, libcap.SYS_ADMIN, libcap.NET_RAW); err != nil {
		t.Fatal(err)
	}
	for c, want := range map[libcap.Value]bool{
		libcap.BPF: true, libcap.PERFMON: true, libcap.NET_RAW: true, // the first two because CAP_SYS_ADMIN stands for them
		libcap.NET_ADMIN: false, libcap.IPC_LOCK: false,
	} {
		if got := stands(admin, c); got != want {
			t.Errorf("CAP_SYS_ADMIN and CAP_NET_RAW stand for %v: %v, want %v", c, got, want)
		}
	}
	if isEffective(admin, 200) {
		t.Error("a capability that does not exist is effective")
	}
}
