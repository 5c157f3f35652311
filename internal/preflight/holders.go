package preflight

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// program tells whose XDP program is there already: none is ever displaced.
func program(e *Env) []Finding {
	const name = "program"
	d := e.Device
	p := d.Program
	if p == nil {
		return []Finding{okf(name, "no XDP program of another owner")}
	}
	text := fmt.Sprintf("an XDP program of another owner: id %d", p.ID)
	if p.Name != "" {
		text += fmt.Sprintf(", name %q", p.Name)
	}
	switch {
	case d.Held.err != nil:
		return []Finding{fatalf(name, "sudo bpftool net show dev "+d.Name, "%s; it is never displaced, stop its owner", text)}
	case d.Held.it:
		return []Finding{fatalf(name, "sudo bpftool link show", "%s, held by a bpf_link: only its owner can take it off, and stopping that does", text)}
	}
	return []Finding{fatalf(name, "sudo ip link set dev "+d.Name+" xdp off", "%s; it is never displaced: stop its owner, or take it off if that is gone", text)}
}

// sockets tells whether AF_XDP sockets hold queues: a scan takes them all.
func sockets(e *Env) []Finding {
	const name = "sockets"
	d := e.Device
	if d.Sockets.err != nil && !errors.Is(d.Sockets.err, unix.ENOENT) {
		return []Finding{unreadable(name, d.Sockets.err)}
	}
	if d.Sockets.err != nil {
		return []Finding{unknownf(name, "whether other AF_XDP sockets hold its queues this kernel does not tell (CONFIG_XDP_SOCKETS_DIAG)")}
	}
	if len(d.Sockets.it) == 0 {
		return []Finding{okf(name, "no other AF_XDP socket")}
	}
	var queues, users []string
	add := func(list *[]string, n int) {
		if text := fmt.Sprint(n); !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	for _, s := range d.Sockets.it {
		add(&queues, s.Queue)
		add(&users, s.UID)
	}
	return []Finding{fatalf(name, "sudo ss --xdp -ap", "AF_XDP sockets of user %s hold queue %s: a scan takes all queues", strings.Join(users, ", "), strings.Join(queues, ", "))}
}
