package main

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// coresValue is a flag for a list of cores, such as 0,2,4.
type coresValue []int

func (v *coresValue) Set(text string) error {
	var cores []int
	for item := range strings.SplitSeq(text, ",") {
		core, err := strconv.ParseUint(strings.TrimSpace(item), 10, 16)
		if err != nil {
			return fmt.Errorf("%q is not a list of cores, such as 0,2,4", text)
		}
		cores = append(cores, int(core))
	}
	*v = cores
	return nil
}

// check refuses cores that this process may not run on: those that the machine does not have, or that it is kept from.
func (v coresValue) check() error {
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return nil // package scan looks again
	}
	for _, core := range v {
		if !allowed.IsSet(core) {
			return fmt.Errorf("core %d is not one of those that this process may run on: 'taskset -cp $$' lists them", core)
		}
	}
	return nil
}

func (v *coresValue) String() string {
	var names []string
	for _, core := range *v {
		names = append(names, strconv.Itoa(core))
	}
	return strings.Join(names, ",")
}

func (v *coresValue) Type() string { return "LIST" }
