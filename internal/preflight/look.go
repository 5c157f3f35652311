package preflight

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/ethtool"
	"github.com/xsweep/xsweep/internal/nexthop"
	"github.com/xsweep/xsweep/internal/privilege"
	"github.com/xsweep/xsweep/internal/xdplink"
	"github.com/xsweep/xsweep/xsk"
)

// Request says what to look at.
type Request struct {
	Interface string   // "" for that of the route
	Targets   []uint32 // a sample of what is to be scanned, not empty
}

// Look reads all that Check goes by, in the network namespace of the calling thread. What cannot be read is in the Env as
// such: there is no error.
func Look(ctx context.Context, req Request) *Env {
	e := &Env{
		Files:    os.DirFS("/"),
		Missing:  privilege.Missing(privilege.ToOpen()),
		PageSize: os.Getpagesize(),
		Landlock: landlockVersion(),
		Asked:    req.Interface,
	}
	e.Program, _ = os.Executable() // without, the command has no path, and that is seen
	var mount unix.Statfs_t
	e.NoSuid = unix.Statfs(e.Program, &mount) == nil && mount.Flags&unix.ST_NOSUID != 0
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		e.Release = unix.ByteSliceToString(name.Release[:])
	}
	// Limits that cannot be read are 0, too small for anything, and that is seen as well.
	_ = unix.Getrlimit(unix.RLIMIT_MEMLOCK, &e.MemLock)
	_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &e.MaxFiles)
	e.Cores = usableCores()
	e.Path, e.PathErr = nexthop.Look(ctx, nexthop.Request{Interface: req.Interface, Targets: req.Targets})
	if ifname := lookedAt(req, e.Path, e.PathErr); ifname != "" {
		e.Device = e.lookAtDevice(ifname)
	}
	return e
}

// lookedAt is the interface that was asked for, or that the route leads to, be it usable or not.
func lookedAt(req Request, p *nexthop.Path, err error) string {
	if bad, ok := errors.AsType[*nexthop.InterfaceError](err); ok {
		return bad.Interface
	}
	if p != nil {
		return p.Interface
	}
	return req.Interface
}

// landlockVersion asks for the version of the interface, which makes no ruleset.
func landlockVersion() int {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(version)
}

func usableCores() (cores []int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	for c := range len(set) * 64 {
		if set.IsSet(c) {
			cores = append(cores, c)
		}
	}
	return cores
}

// lookAtDevice is nil where there is no such interface.
func (e *Env) lookAtDevice(name string) *Device {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return nil
	}
	a := l.Attrs()
	d := &Device{
		Name: a.Name, Index: a.Index, Kind: l.Type(), Encap: a.EncapType, MTU: a.MTU,
		Up: a.RawFlags&unix.IFF_UP != 0, Carrier: a.RawFlags&unix.IFF_LOWER_UP != 0, Loopback: a.RawFlags&unix.IFF_LOOPBACK != 0,
		HasMAC: len(a.HardwareAddr) == 6,
		Driver: xsk.DriverName(a.Index),
	}
	d.Features = answerOf(xsk.DeviceFeatures(a.Index))
	if d.Program, err = xdplink.Present(a.Index); err == nil && d.Program != nil {
		d.Held = answerOf(d.Program.HeldByLink(a.Index))
	}
	d.Sockets = answerOf(socketsOn(a.Index))
	d.Master, d.Parent, d.VLAN = relatives(l)
	d.ask()
	d.HasFiles = e.shows(a)
	return d
}

// relatives are the bridge or bond that a device belongs to, and what a VLAN device is on. A VRF has no addresses of its own.
func relatives(l netlink.Link) (master, parent string, vlan int) {
	a := l.Attrs()
	if m, err := netlink.LinkByIndex(a.MasterIndex); a.MasterIndex != 0 && err == nil && m.Type() != "vrf" {
		master = m.Attrs().Name
	}
	if v, ok := l.(*netlink.Vlan); ok {
		if p, err := netlink.LinkByIndex(a.ParentIndex); err == nil {
			parent, vlan = p.Attrs().Name, v.VlanId
		}
	}
	return master, parent, vlan
}

// ask fills in what the driver tells.
func (d *Device) ask() {
	driver, err := ethtool.Open(d.Name)
	if err != nil {
		d.Channels.err, d.Rings.err, d.Table.err, d.Offloads.err, d.Statistics.err = err, err, err, err, err
		return
	}
	defer func() { _ = driver.Close() }() // nothing depends on it
	d.Channels = answerOf(driver.Channels())
	d.Rings = answerOf(driver.Rings())
	d.Table = answerOf(driver.Indirection())
	d.Offloads = answerOf(driver.Features())
	d.Statistics = answerOf(driver.Statistics())
}

// socketsOn lists the AF_XDP sockets of all processes that are bound to an interface.
func socketsOn(ifindex int) ([]Socket, error) {
	all, err := netlink.SocketDiagXDP()
	if err != nil {
		return nil, fmt.Errorf("list AF_XDP sockets: %w", err)
	}
	var list []Socket
	for _, s := range all {
		if info := s.XDPInfo; info != nil && int(info.Ifindex) == ifindex {
			list = append(list, Socket{Queue: int(info.QueueID), UID: int(info.UID)})
		}
	}
	return list, nil
}

// shows tells whether sysfs has this very interface, and not one of the same name in another network namespace.
func (e *Env) shows(a *netlink.LinkAttrs) bool {
	dir := "sys/class/net/" + a.Name
	index, err := e.number(dir + "/ifindex")
	if err != nil || index != a.Index {
		return false
	}
	mac, err := e.text(dir + "/address")
	return err == nil && strings.EqualFold(mac, a.HardwareAddr.String())
}
