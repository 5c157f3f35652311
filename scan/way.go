package scan

import "fmt"

// Way is how packets are sent and received.
type Way struct {
	Engine  string // what puts probes on the wire: xsk or xdp
	XDP     string // where the XDP program runs: native or generic
	AFXDP   string // how the sockets are bound: zero-copy or copy
	Queues  int    // of the interface, each with a receiver
	Senders int    // threads that send
}

// Way says what Open and Config have come to.
func (s *Scan) Way() Way {
	w := Way{
		Engine: s.engine.String(), XDP: s.attachment.Mode.String(), AFXDP: "copy",
		Queues: len(s.group.Queues()), Senders: s.numSenders(),
	}
	if s.group.Info()[0].ZeroCopy { // one device: all its queues are alike
		w.AFXDP = "zero-copy"
	}
	return w
}

// Generator is that of the group that gives the order of targets, by which ZMap's metadata identify it.
func (s *Scan) Generator() uint64 { return s.order.g }

// Describe says in a line how packets are sent and received, and why not in a better way.
func (s *Scan) Describe() string {
	w, info := s.Way(), s.group.Info()[0]
	bind := "copy mode"
	if info.ZeroCopy {
		bind = w.AFXDP
	}
	text := fmt.Sprintf("engine %s (%s), senders: %d, XDP %s, AF_XDP %s, queues: %d", w.Engine, s.whyEngine, w.Senders,
		w.XDP, bind, w.Queues)
	if s.attachment.NotNative != nil {
		text += fmt.Sprintf("; not native: %v", s.attachment.NotNative)
	}
	if info.ZeroCopyError != nil {
		text += fmt.Sprintf("; no zero-copy: %v", info.ZeroCopyError)
	}
	return text
}
