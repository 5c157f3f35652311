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

// distinctCores are the cores of which each can have one sender.
func distinctCores(chosen []int) []int {
	if len(chosen) == 0 {
		return allowedCPUs()
	}
	var distinct []int
	for _, core := range chosen {
		if !slices.Contains(distinct, core) {
			distinct = append(distinct, core)
		}
	}
	return distinct
}

// emitCores are those from which live frames are sent on a device with so many transmit queues. A driver takes the queue
// of the core's number, and some have none for the others (mlx5, i40e), so that those are left out if they can be.
func emitCores(chosen []int, queues int) []int {
	cores := distinctCores(chosen)
	if served := slices.DeleteFunc(slices.Clone(cores), func(core int) bool { return core >= queues }); len(served) > 0 {
		return served
	}
	return cores
}

// pin keeps the calling thread on one core.
func pin(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(0, &set)
}
