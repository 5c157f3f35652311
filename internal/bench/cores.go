package bench

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// pin keeps a thread on one core; 0 is the calling thread.
func pin(tid, cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(tid, &set); err != nil {
		return fmt.Errorf("stay on core %d: %w", cpu, os.NewSyscallError("sched_setaffinity", err))
	}
	return nil
}

// twoCores are one core to send from and one to receive on, of those that the process may run on.
func twoCores() (send, receive int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, 0, fmt.Errorf("find cores: %w", os.NewSyscallError("sched_getaffinity", err))
	}
	var cores []int
	for cpu := 0; len(cores) < min(set.Count(), 2); cpu++ {
		if set.IsSet(cpu) {
			cores = append(cores, cpu)
		}
	}
	if len(cores) < 2 {
		return 0, 0, errors.New("one core: receiving needs another one than the flood that is received")
	}
	return cores[0], cores[1], nil
}
