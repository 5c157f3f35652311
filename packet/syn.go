package packet

// SYN returns what a host can tell of our system by a SYN of the template: window, flags and TCP options, as Parse reads
// them of an answer. The other fields are 0.
func (t *Template) SYN() Reply {
	r := Reply{Flags: byte(t.offset >> 48), Window: uint16(t.offset >> 32)}
	var options [len(t.options) + len(t.more)]byte
	copy(options[copy(options[:], t.options[:]):], t.more[:])
	size := int(t.offset>>60)*4 - tcpLen
	r.NumOptions = r.parseOptions(options[:size])
	return r
}
