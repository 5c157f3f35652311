package ethtool

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Sets of names (enum ethtool_stringset).
const (
	statisticNames = 1
	featureNames   = 4
)

const nameSize = 32 // bytes of a name

// maxNames is more than any driver has. There is always room for so many: the kernel asks the driver again how
// many there are and writes them all, whatever room it is told of, and a driver's queues may have become more meanwhile.
const maxNames = 1 << 16

// names asks for a set of names. Their place is their number; a nameless one is "".
func (d *Device) names(what string, set uint32) ([]string, error) {
	q := newQuestion(5*4, unix.ETHTOOL_GSSET_INFO) // struct ethtool_sset_info: a mask of 64 bits, then a size for each bit set
	binary.NativeEndian.PutUint64(q[2*4:], 1<<set)
	if err := d.about(what, q); err != nil {
		return nil, err
	}
	if binary.NativeEndian.Uint64(q[2*4:]) == 0 {
		return nil, nil // the driver has no such set
	}
	n := q.word(4)
	const head = 3 * 4 // of struct ethtool_gstrings
	q = newQuestion(head+maxNames*nameSize, unix.ETHTOOL_GSTRINGS, set, uint32(n))
	if err := d.about(what, q); err != nil {
		return nil, err
	}
	if n = q.word(2); n > maxNames {
		return nil, fmt.Errorf("%s of %s: %d are too many to be true", what, d.name, n)
	}
	names := make([]string, n)
	for i := range names {
		names[i] = unix.ByteSliceToString(q[head+i*nameSize:][:nameSize])
	}
	return names, nil
}

// Features asks which offloads are on, by ethtool's names: large-receive-offload, rx-gro-hw.
func (d *Device) Features() (map[string]bool, error) {
	const what = "offloads"
	names, err := d.names(what, featureNames)
	if err != nil {
		return nil, err
	}
	// struct ethtool_gfeatures: for each 32 bits, those available, requested, active and never changed.
	const head, block, active = 2, 4, 2
	blocks := (len(names) + 31) / 32
	q := newQuestion((head+blocks*block)*4, unix.ETHTOOL_GFEATURES, uint32(blocks))
	if err := d.about(what, q); err != nil {
		return nil, err
	}
	on := make(map[string]bool, len(names))
	for i, name := range names {
		if name != "" {
			on[name] = q.word(head+i/32*block+active)>>(i%32)&1 == 1
		}
	}
	return on, nil
}

// Statistics asks for the driver's counters, by its own names.
func (d *Device) Statistics() (map[string]uint64, error) {
	const what = "statistics"
	names, err := d.names(what, statisticNames)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	const head = 2 * 4 // of struct ethtool_stats
	q := newQuestion(head+maxNames*8, unix.ETHTOOL_GSTATS, uint32(len(names)))
	if err := d.about(what, q); err != nil {
		return nil, err
	}
	if q.word(1) != len(names) {
		return nil, fmt.Errorf("%s of %s: their number changed while they were read", what, d.name)
	}
	values := make(map[string]uint64, len(names))
	for i, name := range names {
		values[name] = binary.NativeEndian.Uint64(q[head+i*8:])
	}
	return values, nil
}
