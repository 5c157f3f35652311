package preflight

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xsweep/xsweep/xsk"
)

// driverTexts are what is to be known of virtual cards. What a real one can do it says itself.
var driverTexts = map[string]string{
	"veth":       "a virtual cable, which has no zero-copy",
	"virtio_net": "a virtual card: the machine it runs on decides how fast it is, and what it drops nobody counts here",
	"ena":        "AWS: beyond what the kind of instance allows, packets are dropped outside",
	"gve":        "Google Cloud: beyond what the kind of machine allows, packets are dropped outside",
	"hv_netvsc":  "Hyper-V: frames go by the accelerated card behind it, if there is one",
	"mana":       "Azure: beyond what the kind of machine allows, packets are dropped outside",
	"vmxnet3":    "a virtual card: the machine it runs on decides how fast it is, and what it drops nobody counts here",
	"vif":        "Xen: the machine it runs on decides how fast it is, and what it drops nobody counts here",
	"tun":        "a tap device: as fast as the program behind it",
}

// has tells whether the driver says that it has something. It is false where it does not tell.
func (d *Device) has(f xsk.XDPFeatures) bool {
	return d.Features.err == nil && d.Features.it.XDP.Has(f)
}

// notNative is why the XDP program will not be attached in the driver, "" if it will be, as far as that can be known. A driver that
// could not be asked (before Linux 6.3) is tried.
func (e *Env) notNative() string {
	d := e.Device
	if d.Features.err != nil {
		return ""
	}
	ch := d.Channels.it
	switch {
	case !d.has(xsk.Basic | xsk.Redirect):
		return "the driver has no XDP"
	case d.MTU > e.maxNativeMTU():
		return fmt.Sprintf("an MTU of %d is too much for it", d.MTU)
	case (d.Driver == "ena" || d.Driver == "gve") && ch.Receive() > max(ch.MaxCombined, ch.MaxRX)/2:
		return "the driver wants half of its queues to be free"
	}
	return ""
}

func driver(e *Env) []Finding {
	d := e.Device
	var found []Finding
	switch text := driverTexts[d.Driver]; {
	case d.Driver == "":
		found = append(found, unknownf("driver", "the device does not tell its driver"))
	case text != "":
		found = append(found, okf("driver", "%s: %s", d.Driver, text))
	default:
		found = append(found, okf("driver", "%s", d.Driver))
	}
	return append(found, xdpMode(e))
}

func xdpMode(e *Env) Finding {
	const name = "xdp"
	f, err := e.Device.Features.it, e.Device.Features.err
	if errors.Is(err, errors.ErrUnsupported) {
		return unknownf(name, "before Linux 6.3 a driver cannot be asked what it can do: a scan tries")
	}
	if err != nil {
		return unreadable(name, err)
	}
	if why := e.notNative(); why != "" {
		return warnf(name, "", "generic, after the kernel has made an skb of each frame: %s", why)
	}
	return okf(name, "native; the driver has %s", strings.ReplaceAll(f.XDP.String(), "|", ", "))
}

// maxZeroCopyMTU is what fits into frames of 2048 bytes; see xsk.Config.
const maxZeroCopyMTU = 1766

func zeroCopy(e *Env) []Finding {
	const name = "zero_copy"
	d := e.Device
	switch {
	case d.Features.err != nil:
		return []Finding{unknownf(name, "not known before a scan tries")}
	case !d.has(xsk.XSKZeroCopy):
		return []Finding{okf(name, "none: the driver has none, and packets are copied")}
	case e.notNative() != "":
		return []Finding{warnf(name, "", "the driver has it, where the XDP program is attached in the driver")}
	case d.MTU > maxZeroCopyMTU:
		return []Finding{warnf(name, fmt.Sprintf("sudo ip link set %s mtu 1500", d.Name), "the driver has it, up to an MTU of %d, and this is %d", maxZeroCopyMTU, d.MTU)}
	}
	return []Finding{okf(name, "the driver has it")}
}

// Largest MTUs of packets in one buffer.
const (
	intelMTU = 3046 // buffers of 3 KiB
	pageMTU  = 3498 // a page, without what XDP and the kernel take of it
)

// maxNativeMTU is up to which MTU the XDP program can be attached in the driver. It is made for packets in several buffers,
// so that the driver is what may be in the way.
func (e *Env) maxNativeMTU() int {
	const most = 1 << 16
	switch d := e.Device; {
	case d.has(xsk.RxSG) || e.PageSize > 4096:
		return most
	case strings.HasPrefix(d.Driver, "ixgbe"), d.Driver == "i40e", d.Driver == "ice":
		return intelMTU
	}
	return pageMTU
}

func mtu(e *Env) []Finding {
	const name = "mtu"
	d := e.Device
	if d.MTU > e.maxNativeMTU() && (d.Features.err != nil || d.has(xsk.Basic)) {
		return []Finding{warnf(name, fmt.Sprintf("sudo ip link set %s mtu 1500", d.Name), "%d: above about %d most drivers refuse XDP programs", d.MTU, e.maxNativeMTU())}
	}
	return []Finding{okf(name, "%d", d.MTU)}
}

func offloads(e *Env) (found []Finding) {
	const name = "offloads"
	d := e.Device
	if d.Offloads.err != nil {
		return []Finding{unreadable(name, d.Offloads.err)}
	}
	on := d.Offloads.it
	if on["large-receive-offload"] {
		found = append(found, warnf(name, "sudo ethtool -K "+d.Name+" lro off", "packets are joined when received (LRO): drivers refuse XDP programs then"))
	}
	if on["rx-gro-hw"] && d.Driver != "virtio_net" { // which turns it off itself
		found = append(found, warnf(name, "sudo ethtool -K "+d.Name+" rx-gro-hw off", "packets are joined when received (rx-gro-hw): drivers refuse XDP programs then"))
	}
	if found == nil {
		found = append(found, okf(name, "none is in the way"))
	}
	return found
}
