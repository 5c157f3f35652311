package preflight

import (
	"errors"
	"fmt"

	"github.com/xsweep/xsweep/internal/ethtool"
)

// setQueues is the command that gives an interface so many queues of each kind it has.
func setQueues(d *Device, n int) string {
	if d.Channels.it.MaxCombined > 0 {
		return fmt.Sprintf("sudo ethtool -L %s combined %d", d.Name, n)
	}
	return fmt.Sprintf("sudo ethtool -L %s rx %d tx %d", d.Name, n, n)
}

func queues(e *Env) []Finding {
	const name = "queues"
	d, cores := e.Device, len(e.Cores)
	if errors.Is(d.Channels.err, errors.ErrUnsupported) {
		return []Finding{unknownf(name, "the driver does not tell: a scan tries, which takes privileges")}
	}
	if d.Channels.err != nil {
		return []Finding{unreadable(name, d.Channels.err)}
	}
	ch := d.Channels.it
	have, most := ch.Receive(), maxReceive(ch)
	if f := e.spareQueues(have, most); f != nil {
		return []Finding{*f}
	}
	wants := min(cores, most)
	switch {
	case have == 1 && wants > 1:
		return []Finding{warnf(name, setQueues(d, wants), "one, of %d possible: one core receives all", most)}
	case (d.Driver == "mlx5_core" || d.Driver == "i40e") && have < wants:
		return []Finding{warnf(name, setQueues(d, wants), "%d for %d cores: the driver sends XDP frames only on cores that have one", have, cores)}
	case most > 0:
		return []Finding{okf(name, "%d, of %d possible", have, most)}
	}
	return []Finding{okf(name, "%d", have)}
}

func maxReceive(ch ethtool.Channels) int { return max(ch.MaxRX, ch.MaxCombined) }

// spareQueues is about drivers that make the queues of XDP frames of those not in use. nil is no objection.
func (e *Env) spareQueues(have, most int) *Finding {
	const name = "queues"
	d, cores := e.Device, len(e.Cores)
	var f Finding
	switch {
	case d.Driver == "virtio_net" && have+cores > most && most > cores:
		f = warnf(name, setQueues(d, most-cores), "%d of %d are in use: with %d free ones XDP frames are sent without a lock", have, most, cores)
	case d.Driver == "virtio_net" && have+cores > most:
		f = warnf(name, "", "%d, of %d possible: XDP frames share them with the host's, under a lock; a virtual card with %d queues would not (queues=, mq=on)", have, most, cores+1)
	case (d.Driver == "ena" || d.Driver == "gve") && have > most/2 && most > 1:
		f = warnf(name, setQueues(d, most/2), "%d of %d are in use: the driver takes an XDP program only with half of them free", have, most)
	case (d.Driver == "ena" || d.Driver == "gve") && have > most/2:
		f = warnf(name, "", "%d, of %d possible: the driver takes an XDP program only with half of them free; a larger machine has more", have, most)
	default:
		return nil
	}
	return &f
}

// rss tells how received packets are spread. A scan listens on all queues, so that only one that gets all is bad.
func rss(e *Env) []Finding {
	const name = "rss"
	d := e.Device
	have := e.queueCount()
	if have == 1 {
		return nil
	}
	if errors.Is(d.Table.err, errors.ErrUnsupported) {
		return []Finding{unknownf(name, "the driver does not tell how it spreads packets over its queues")}
	}
	if d.Table.err != nil {
		return []Finding{unreadable(name, d.Table.err)}
	}
	used := make(map[int]bool)
	for _, q := range d.Table.it {
		used[q] = true
	}
	if len(used) == 1 {
		return []Finding{warnf(name, "sudo ethtool -X "+d.Name+" default", "all packets are received by one queue of %d", have)}
	}
	if len(used) == 0 {
		return []Finding{unknownf(name, "the driver has no table")}
	}
	return []Finding{okf(name, "packets are received by %d of %d queues", len(used), have)}
}

// fewDescriptors is a ring of the device that a full-rate scan's answers overrun in a millisecond or two.
const fewDescriptors = 1024

func rings(e *Env) []Finding {
	const name = "rings"
	d := e.Device
	if errors.Is(d.Rings.err, errors.ErrUnsupported) {
		return nil // there are none to set
	}
	if d.Rings.err != nil {
		return []Finding{unreadable(name, d.Rings.err)}
	}
	r := d.Rings.it
	if r.RX < fewDescriptors && r.MaxRX > r.RX {
		return []Finding{warnf(name, fmt.Sprintf("sudo ethtool -G %s rx %d", d.Name, min(r.MaxRX, 4*fewDescriptors)),
			"the card holds %d received packets: bursts of answers are dropped", r.RX)}
	}
	return []Finding{okf(name, "%d received packets, %d sent", r.RX, r.TX)}
}
