package lab

// What the tests in package lab_test, which use labtest, need of the tests in package lab.

var (
	RawSYN = rawSYN
	Decode = decode
	ToAddr = toAddr
)

// FloodSYN sends n random SYNs from the scanner to the simulated network.
func (s *Simulation) FloodSYN(n uint64) (uint64, error) {
	return s.forger.flood(s.lab.Scanner, s.lab.World, &s.truth, ForgeConfig{Kind: forgeSYN, Count: n})
}

// ISN returns the initial sequence number of a target.
func (s *Simulation) ISN(addr uint32, port uint16) uint32 {
	return uint32(s.truth.hash(addr, port) >> 32)
}

// AttachDrop attaches a native XDP program that drops every frame, until the Lab is closed.
func (l *Lab) AttachDrop(h *Host) error {
	_, err := l.attachVerdict(h, "lab_drop", xdpDrop)
	return err
}
