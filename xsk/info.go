package xsk

import (
	"fmt"
	"strings"
)

// Info says what Open obtained, and why not more.
type Info struct {
	Ifindex   int
	Interface string // as in Config
	Queue     uint32
	Direction Direction
	Driver    string // kernel's name of the driver, or "" if it does not tell

	ZeroCopy      bool  // else copy mode
	ZeroCopyError error // why zero-copy was refused, wrapping the errno; nil if it was granted or not asked for
	NeedWakeup    bool  // the kernel says when it must be called
	MultiBuffer   bool  // packets longer than a frame arrive in several
	BusyPoll      bool  // the driver is polled from the calls that send and wait
	TxMetadata    bool  // TxQueue.RequestChecksum works
	HugePages     bool  // the UMEM is in huge pages that were reserved
	SharedUmem    bool  // the Config brought a Umem

	// Refused is what was asked for, as a preference, and not granted, in the order tried.
	Refused []Attempt

	TxBudget   int // frames that one system call sends at most in copy mode; 32 before Linux 6.17
	SendBuffer int // bytes of frames in flight in copy mode, as the kernel counts them; 0 if unknown
	UmemBytes  int // locked memory that this Queue uses

	// Tuning is the shell commands that undo what a Group has changed of the host, should it not get to Close; "" if that
	// is nothing.
	Tuning string
}

// String returns one line for a log: the mode, what it was asked for and has, and what was refused.
func (i Info) String() string {
	name := i.Interface
	if name == "" {
		name = fmt.Sprintf("interface %d", i.Ifindex)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s queue %d: ", name, i.Queue)
	if i.ZeroCopy {
		b.WriteString("zero-copy")
	} else {
		b.WriteString("copy mode")
		if i.Direction.transmits() {
			fmt.Fprintf(&b, ", %d frames a call", i.TxBudget)
		}
	}
	for _, has := range []struct {
		it   bool
		name string
	}{
		{i.NeedWakeup, "need_wakeup"},
		{i.MultiBuffer, "multi-buffer"},
		{i.BusyPoll, "busy polling"},
		{i.TxMetadata, "TX metadata"},
		{i.HugePages, "huge pages"},
		{i.SharedUmem, "shared UMEM"},
	} {
		if has.it {
			b.WriteString(", " + has.name)
		}
	}
	for j, a := range i.Refused {
		if j == 0 {
			b.WriteString("; refused: ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(a.String())
	}
	return b.String()
}
