package scan

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// allowedCPUs lists the cores that the calling thread may run on: those that taskset or a container leave to the
// process. It is empty where the kernel does not tell.
func allowedCPUs() []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil
	}
	var cpus []int
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// checkCores refuses cores that this process may not run on.
func checkCores(cores []int) error {
	allowed := allowedCPUs()
	for _, core := range cores {
		if len(allowed) > 0 && !slices.Contains(allowed, core) {
			return fmt.Errorf("%w: core %d is not one of those that this process may run on: %v", ErrConfig, core, allowed)
		}
	}
	return nil
}

// senderCores are the cores to spread n senders over; none is for wherever there is room, which is best for one alone.
func senderCores(chosen []int, n int) []int {
	if len(chosen) > 0 || n < 2 {
		return chosen
	}
	return allowedCPUs()
}

// pin keeps the calling thread on one core.
func pin(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(0, &set)
}
