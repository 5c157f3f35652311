package ethtool

import "golang.org/x/sys/unix"

// Channels are the queues of an interface: a combined one has a receive and a transmit queue.
type Channels struct {
	RX, TX, Combined          int // in use
	MaxRX, MaxTX, MaxCombined int // 0 where the driver has none of the kind
}

// Receive is the number of receive queues in use.
func (c Channels) Receive() int { return c.RX + c.Combined }

// Transmit is the number of transmit queues in use.
func (c Channels) Transmit() int { return c.TX + c.Combined }

// Channels asks for the queues.
func (d *Device) Channels() (Channels, error) {
	q := newQuestion(9*4, unix.ETHTOOL_GCHANNELS) // struct ethtool_channels; words 3 and 7 are other interrupts
	if err := d.about("queues", q); err != nil {
		return Channels{}, err
	}
	return Channels{
		MaxRX: q.word(1), MaxTX: q.word(2), MaxCombined: q.word(4),
		RX: q.word(5), TX: q.word(6), Combined: q.word(8),
	}, nil
}

// Rings are the sizes of the device's own rings, in packets.
type Rings struct {
	RX, TX       int
	MaxRX, MaxTX int
}

// Rings asks for the rings' sizes.
func (d *Device) Rings() (Rings, error) {
	q := newQuestion(9*4, unix.ETHTOOL_GRINGPARAM) // struct ethtool_ringparam; the others are mini and jumbo rings
	if err := d.about("ring sizes", q); err != nil {
		return Rings{}, err
	}
	return Rings{MaxRX: q.word(1), MaxTX: q.word(4), RX: q.word(5), TX: q.word(8)}, nil
}

// maxTable is more entries than any device has.
const maxTable = 1 << 16

// Indirection asks for the table by which RSS spreads received packets: the queue of each hash value.
func (d *Device) Indirection() ([]int, error) {
	const what = "RSS table"
	q := newQuestion(2*4, unix.ETHTOOL_GRXFHINDIR, 0) // struct ethtool_rxfh_indir, with no room: asks for the size
	if err := d.about(what, q); err != nil {
		return nil, err
	}
	n := min(q.word(1), maxTable)
	q = newQuestion((2+n)*4, unix.ETHTOOL_GRXFHINDIR, uint32(n))
	if err := d.about(what, q); err != nil {
		return nil, err
	}
	queues := make([]int, n)
	for i := range queues {
		queues[i] = q.word(2 + i)
	}
	return queues, nil
}
