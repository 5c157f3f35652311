package bench

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// syscallCounter counts the system calls of this process, all threads of it, by a program on the kernel's tracepoint. It costs
// every system call of the machine some nanoseconds.
type syscallCounter struct {
	objects  syscallsObjects
	attached link.Link
}

// newSyscallCounter fails on kernels without the tracepoint (CONFIG_FTRACE_SYSCALLS) and without CAP_BPF and CAP_PERFMON: then
// the figure is left out.
func newSyscallCounter() (*syscallCounter, error) {
	c := new(syscallCounter)
	if err := loadSyscallsObjects(&c.objects, nil); err != nil {
		return nil, fmt.Errorf("count system calls: %w", err)
	}
	_, err := c.objects.Whoami.Run(nil)
	if err == nil {
		c.attached, err = link.AttachRawTracepoint(link.RawTracepointOptions{Name: "sys_enter", Program: c.objects.Enter})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("count system calls: %w", err), c.objects.Close())
	}
	return c, nil
}

func (c *syscallCounter) read() (uint64, error) { return sumPerCPU(c.objects.Calls) }

func (c *syscallCounter) Close() error {
	return errors.Join(c.attached.Close(), c.objects.Close())
}

// sumPerCPU adds up the only entry of a map of numbers.
func sumPerCPU(m *ebpf.Map) (uint64, error) {
	var perCPU []uint64
	if err := m.Lookup(uint32(0), &perCPU); err != nil {
		return 0, fmt.Errorf("read counters: %w", err)
	}
	var sum uint64
	for _, n := range perCPU {
		sum += n
	}
	return sum, nil
}
