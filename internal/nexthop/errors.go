package nexthop

import (
	"errors"
	"fmt"
)

// Sentinel errors, for callers that add a hint. Errors about an interface are also an [*InterfaceError], which names it.
var (
	ErrNoInterface = errors.New("no such interface")
	ErrDown        = errors.New("down")                            // administratively down: nobody set it up
	ErrNoCarrier   = errors.New("no carrier")                      // up, but no cable, or the far end is down
	ErrNoAddress   = errors.New("no IPv4 address")                 // and no source address was given
	ErrLoopback    = errors.New("loopback interface")              // leads nowhere but back
	ErrNotEthernet = errors.New("not an Ethernet device")          // tun, ppp, WireGuard: no link-layer header
	ErrNoRoute     = errors.New("no route")                        // to the targets, or through the interface asked for
	ErrLocal       = errors.New("address of this host")            // every target is
	ErrSplit       = errors.New("targets leave by two interfaces") // and one scan uses one
	ErrUnreachable = errors.New("no answer to ARP")                // the gateway's link-layer address cannot be learned
	ErrTooMany     = errors.New("too many addresses")              // more than MaxLinkTargets
)

// InterfaceError is an error about one interface. It unwraps to one of the sentinel errors.
type InterfaceError struct {
	Interface string // its name, or the name that was asked for
	Err       error
	Detail    string // what else is known, "" for nothing
}

func (e *InterfaceError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("interface %q: %v", e.Interface, e.Err)
	}
	return fmt.Sprintf("interface %q: %v: %s", e.Interface, e.Err, e.Detail)
}

func (e *InterfaceError) Unwrap() error { return e.Err }
