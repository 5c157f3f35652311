package ethtool

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// driver answers as one with four combined queues of at most eight would.
type driver struct {
	features   []string
	on         []int // of them
	statistics []string
	grows      int // statistics that come into being between two questions
}

func (d *driver) ask(q []byte) error {
	word := func(i, v int) { binary.NativeEndian.PutUint32(q[4*i:], uint32(v)) }
	names := map[uint32][]string{statisticNames: d.statistics, featureNames: d.features}
	switch binary.NativeEndian.Uint32(q) {
	case unix.ETHTOOL_GCHANNELS:
		word(4, 8)
		word(8, 4)
	case unix.ETHTOOL_GRINGPARAM:
		word(1, 4096)
		word(4, 2048)
		word(5, 512)
		word(8, 256)
	case unix.ETHTOOL_GRXFHINDIR:
		table := []int{0, 1, 2, 3, 0, 1, 2, 3}
		if binary.NativeEndian.Uint32(q[4:]) > 0 {
			for i, queue := range table {
				word(2+i, queue)
			}
		}
		word(1, len(table))
	case unix.ETHTOOL_GSSET_INFO:
		set := uint32(0)
		for mask := binary.NativeEndian.Uint64(q[8:]); mask > 1; mask >>= 1 {
			set++
		}
		if names[set] == nil {
			binary.NativeEndian.PutUint64(q[8:], 0)
		}
		word(4, len(names[set]))
	case unix.ETHTOOL_GSTRINGS:
		all := names[binary.NativeEndian.Uint32(q[4:])]
		word(2, len(all))
		for i, name := range all {
			copy(q[12+32*i:], name)
		}
	case unix.ETHTOOL_GSTATS:
		n := len(d.statistics) + d.grows
		word(1, n)
		for i := range n {
			binary.NativeEndian.PutUint64(q[8+8*i:], uint64(i)<<33)
		}
	case unix.ETHTOOL_GFEATURES:
		for _, bit := range d.on {
			at := q[(2+bit/32*4+2)*4:]
			binary.NativeEndian.PutUint32(at, binary.NativeEndian.Uint32(at)|1<<(bit%32))
		}
	default:
		return unix.EOPNOTSUPP
	}
	return nil
}

func (d *driver) device() *Device { return &Device{name: "x0", ask: d.ask} }

func TestSettings(t *testing.T) {
	d := new(driver).device()
	if c, err := d.Channels(); err != nil || c != (Channels{Combined: 4, MaxCombined: 8}) || c.Receive() != 4 || c.Transmit() != 4 {
		t.Errorf("Channels() = %+v, %v", c, err)
	}
	if r, err := d.Rings(); err != nil || r != (Rings{RX: 512, TX: 256, MaxRX: 4096, MaxTX: 2048}) {
		t.Errorf("Rings() = %+v, %v", r, err)
	}
	if table, err := d.Indirection(); err != nil || !slices.Equal(table, []int{0, 1, 2, 3, 0, 1, 2, 3}) {
		t.Errorf("Indirection() = %v, %v", table, err)
	}
}

// TestFeatures has bits in two words, and a number that has no name.
func TestFeatures(t *testing.T) {
	names := make([]string, 40)
	names[15], names[33], names[34] = "large-receive-offload", "rx-gro-hw", "hw-tc-offload"
	got, err := (&driver{features: names, on: []int{15, 20, 34}}).device().Features()
	want := map[string]bool{"large-receive-offload": true, "rx-gro-hw": false, "hw-tc-offload": true}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("Features() = %v, %v, want %v", got, err, want)
	}
}

func TestStatistics(t *testing.T) {
	long := strings.Repeat("x", nameSize) // with no room for a zero byte at the end
	got, err := (&driver{statistics: []string{"rx_packets", "pps_allowance_exceeded", long}}).device().Statistics()
	want := map[string]uint64{"rx_packets": 0, "pps_allowance_exceeded": 1 << 33, long: 2 << 33}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("Statistics() = %v, %v, want %v", got, err, want)
	}
	if got, err := new(driver).device().Statistics(); err != nil || got != nil {
		t.Errorf("Statistics() of a driver without = %v, %v, want none", got, err)
	}
	if _, err := (&driver{statistics: []string{"a"}, grows: 100}).device().Statistics(); err == nil {
		t.Error("Statistics() that became more meanwhile: no error")
	}
}

func TestSilentDriver(t *testing.T) {
	d := &Device{name: "x0", ask: func([]byte) error { return unix.EOPNOTSUPP }}
	_, err := d.Channels()
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "queues of x0") {
		t.Errorf("Channels() of a driver that does not tell: %v, want ErrUnsupported and what of which", err)
	}
}

// TestLoopback asks the kernel itself. The loopback device has features and neither queues nor rings to tell of.
func TestLoopback(t *testing.T) {
	d, err := Open("lo")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	features, err := d.Features()
	if !features["loopback"] || err != nil {
		t.Errorf("Features() of lo = %v, %v, want loopback to be on", features, err)
	}
	if _, err := d.Rings(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Rings() of lo: %v, want ErrUnsupported", err)
	}
}

func TestNoDevice(t *testing.T) {
	for name, want := range map[string]error{"none0": unix.ENODEV, "a-name-that-is-too-long": unix.EINVAL} {
		d, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Features(); !errors.Is(err, want) {
			t.Errorf("Features() of %s: %v, want %v", name, err, want)
		}
		d.Close()
	}
}
