package lab

// A Judge holds the rows that a scan reports as open against the truth. It is for one goroutine, and remembers every row.
type Judge struct {
	Right uint64 // rows whose target is open
	Wrong uint64 // rows whose target is not
	Twice uint64 // rows whose target is in an earlier one, which are neither

	truth func(addr uint32, port uint16) Outcome
	seen  map[uint64]struct{}
}

// NewJudge makes a Judge of a truth, such as [Simulation.Truth].
func NewJudge(truth func(addr uint32, port uint16) Outcome) *Judge {
	return &Judge{truth: truth, seen: make(map[uint64]struct{})}
}

// Row is told of one row.
func (j *Judge) Row(addr uint32, port uint16) {
	target := uint64(addr)<<16 | uint64(port)
	_, seen := j.seen[target]
	j.seen[target] = struct{}{}
	switch {
	case seen:
		j.Twice++
	case j.truth(addr, port) == Open:
		j.Right++
	default:
		j.Wrong++
	}
}
