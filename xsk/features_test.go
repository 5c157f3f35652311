package xsk

import (
	"encoding/binary"
	"errors"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFeaturesString(t *testing.T) {
	tests := []struct {
		name string
		f    Features
		want string
	}{
		{name: "nothing", want: "unnamed driver: XDP none"},
		{name: "veth", f: Features{Driver: "veth", XDP: Basic | Redirect | RxSG}, want: "veth: XDP basic|redirect|rx-sg"},
		{name: "everything", f: Features{Driver: "mlx5_core", XDP: 127, RxMetadata: 7, TxMetadata: 7, ZeroCopyMaxSegs: 17},
			want: "mlx5_core: XDP basic|redirect|ndo-xmit|xsk-zerocopy|hw-offload|rx-sg|ndo-xmit-sg, " +
				"RX metadata timestamp|hash|vlan-tag, TX metadata timestamp|checksum|launch-time, " +
				"zero-copy of up to 17 buffers a packet"},
		{name: "a bit of a later kernel", f: Features{Driver: "x", XDP: Basic | 1<<40}, want: "x: XDP basic|0x10000000000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.f.String(); got != tt.want {
				t.Errorf("String() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestXDPFeaturesHas(t *testing.T) {
	f := Basic | NdoXmit
	if !f.Has(NdoXmit) || !f.Has(Basic|NdoXmit) || f.Has(NdoXmit|Redirect) || !f.Has(0) {
		t.Errorf("Has of %v is wrong", f)
	}
}

// TestParseFeatures reads answers of several kernels.
func TestParseFeatures(t *testing.T) {
	u32 := func(kind uint16, v uint32) syscall.NetlinkRouteAttr {
		return syscall.NetlinkRouteAttr{Attr: syscall.RtAttr{Type: kind}, Value: binary.NativeEndian.AppendUint32(nil, v)}
	}
	u64 := func(kind uint16, v uint64) syscall.NetlinkRouteAttr {
		return syscall.NetlinkRouteAttr{Attr: syscall.RtAttr{Type: kind}, Value: binary.NativeEndian.AppendUint64(nil, v)}
	}
	tests := []struct {
		name  string
		attrs []syscall.NetlinkRouteAttr
		want  Features
	}{
		{name: "an empty answer"},
		{name: "Linux 6.3", attrs: []syscall.NetlinkRouteAttr{u32(1, 3), u64(3, 15)},
			want: Features{XDP: Basic | Redirect | NdoXmit | XSKZeroCopy}},
		{name: "Linux 6.8", attrs: []syscall.NetlinkRouteAttr{u32(1, 3), u64(5, 2), u64(6, 2), u64(3, 8), u32(4, 5)},
			want: Features{XDP: XSKZeroCopy, RxMetadata: RxHash, TxMetadata: TxChecksum, ZeroCopyMaxSegs: 5}},
		{name: "an attribute cut short", attrs: []syscall.NetlinkRouteAttr{{Attr: syscall.RtAttr{Type: 3}, Value: []byte{1}}}},
		{name: "an attribute of a later kernel", attrs: []syscall.NetlinkRouteAttr{u64(77, 1)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := parseFeatures(tt.attrs); got != tt.want {
				t.Errorf("parseFeatures = %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestDeviceFeatures asks about a veth before and after its other end can take redirected frames.
func TestDeviceFeatures(t *testing.T) {
	w := newWire(t, 1, 1)
	before, err := DeviceFeatures(w.nearIndex)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if before.Driver != "veth" || !before.XDP.Has(Basic|Redirect) || before.XDP.Has(XSKZeroCopy) {
		t.Errorf("DeviceFeatures = %v, want veth, basic and redirect, and no zero-copy", before)
	}
	w.countAtFar(t)
	after, err := DeviceFeatures(w.nearIndex)
	if err != nil || !after.XDP.Has(NdoXmit) {
		t.Errorf("DeviceFeatures with a program at the far end = %v, %v, want ndo-xmit", after, err)
	}
}

func TestDeviceFeaturesErrors(t *testing.T) {
	_, err := DeviceFeatures(1 << 30)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), "interface 1073741824") {
		t.Errorf("DeviceFeatures of no interface: %v, want ENODEV and its number", err)
	}
}
