package preflight

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// irqDir is the directory that lists the interrupts of the card: its own, or that of the PCI device a virtio card is on.
func (e *Env) irqDir() string {
	own := "sys/class/net/" + e.Device.Name + "/device"
	if e.exists(own + "/msi_irqs") {
		return own + "/msi_irqs"
	}
	target, err := fs.ReadLink(e.Files, own)
	if err != nil {
		return ""
	}
	bus := "sys/bus/virtio/devices"
	target, err = fs.ReadLink(e.Files, bus+"/"+path.Base(target))
	if err != nil {
		return ""
	}
	return path.Join(bus, target, "..", "msi_irqs")
}

// receiving matches what drivers call the interrupts of receive queues: eth0-TxRx-3, virtio2-input.0, mlx5_comp7@pci:….
const receiving = `(?i)rx|input|comp\d`

// receiveIRQs are the interrupts of the card's receive queues, ascending.
func (e *Env) receiveIRQs() (irqs []int) {
	entries, err := fs.ReadDir(e.Files, e.irqDir())
	if err != nil {
		return nil
	}
	table, err := e.text("proc/interrupts")
	if err != nil {
		return nil
	}
	isReceiving := regexp.MustCompile(receiving)
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		if len(words) < 2 || !isReceiving.MatchString(words[len(words)-1]) {
			continue
		}
		number := strings.TrimSuffix(words[0], ":")
		if slices.ContainsFunc(entries, func(f fs.DirEntry) bool { return f.Name() == number }) {
			n, _ := strconv.Atoi(number) // it is the name of a file in msi_irqs
			irqs = append(irqs, n)
		}
	}
	slices.Sort(irqs)
	return irqs
}

// interrupts tells whether one core gets all of them.
func interrupts(e *Env) []Finding {
	const name = "interrupts"
	if !e.Device.HasFiles {
		return nil
	}
	irqs := e.receiveIRQs()
	if len(irqs) < 2 || len(e.Cores) < 2 {
		return nil
	}
	on := make(map[string]bool)
	for _, irq := range irqs {
		cpus, err := e.text(fmt.Sprintf("proc/irq/%d/effective_affinity_list", irq))
		if err != nil {
			return []Finding{unreadable(name, err)}
		}
		on[cpus] = true
	}
	for only := range on {
		if _, err := strconv.Atoi(only); err == nil && len(on) == 1 {
			fix := fmt.Sprintf("echo %d | sudo tee /proc/irq/%d/smp_affinity_list", e.other(only), irqs[1])
			return []Finding{warnf(name, fix, "those of all %d receive queues go to core %s: spread them, by irqbalance or one by one", len(irqs), only)}
		}
	}
	return []Finding{okf(name, "those of %d receive queues go to cores %s", len(irqs), strings.Join(slices.Sorted(maps.Keys(on)), ", "))}
}

// other is a core that is not this one.
func (e *Env) other(than string) int {
	i := slices.IndexFunc(e.Cores, func(c int) bool { return strconv.Itoa(c) != than })
	return e.Cores[max(i, 0)]
}

// numaNode compares the card's node with those of the cores that a scan takes first.
func numaNode(e *Env) []Finding {
	const name = "numa"
	d := e.Device
	if !d.HasFiles || !e.exists("sys/devices/system/node/node1") {
		return nil // one node, or none
	}
	node, err := e.number("sys/class/net/" + d.Name + "/device/numa_node")
	if err != nil || node < 0 {
		return nil // a virtual device is nowhere
	}
	list, err := e.text(fmt.Sprintf("sys/devices/system/node/node%d/cpulist", node))
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	near := e.among(list)
	switch {
	case len(near) == 0:
		return []Finding{warnf(name, "numactl --cpunodebind="+strconv.Itoa(node)+" xsweep", "the card is on node %d, and none of the cores that may be used is", node)}
	case near[0] != e.Cores[0]:
		return []Finding{warnf(name, "xsweep --cores "+joined(near), "the card is on node %d, and a scan takes the first cores, which are not", node)}
	}
	return []Finding{okf(name, "the card and the first cores are on node %d", node)}
}

// among are the cores of a list such as 0-3,8-11 that the process may use.
func (e *Env) among(list string) (cores []int) {
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, err1 := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		for _, c := range e.Cores {
			if err1 == nil && err2 == nil && a <= c && c <= b {
				cores = append(cores, c)
			}
		}
	}
	return cores
}

func joined(cores []int) string {
	var names []string
	for _, c := range cores {
		names = append(names, strconv.Itoa(c))
	}
	return strings.Join(names, ",")
}
