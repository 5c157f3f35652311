package lab

import (
	"encoding/binary"
	"fmt"
)

// windowsPerCPU is how many milliseconds the arrivals are kept of: a minute.
const windowsPerCPU = 60_000

// RateWindows returns how many SYNs came in each millisecond since the first one, up to the last millisecond in which any
// did; of the first minute only.
func (s *Simulation) RateWindows() ([]uint32, error) {
	return s.program.rateWindows()
}

func (p *worldProgram) rateWindows() ([]uint32, error) {
	sum := make([]uint32, windowsPerCPU)
	row := make([]byte, 8*windowsPerCPU)
	last := 0
	for cpu := range p.cpus {
		if _, err := p.windows.ReadAt(row, int64(cpu*len(row))); err != nil {
			return nil, fmt.Errorf("read arrival windows: %w", err)
		}
		for i := range sum {
			n := binary.NativeEndian.Uint64(row[8*i:])
			sum[i] += uint32(n)
			if n > 0 {
				last = max(last, i+1)
			}
		}
	}
	return sum[:last], nil
}
