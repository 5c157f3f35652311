package scan

import "fmt"

// ResetPolicy says who closes the connections that hits have accepted. Until they get a RST, they wait, and repeat their
// SYN-ACK some five times over half a minute.
type ResetPolicy uint8

// The policies. The zero ResetPolicy is ResetReply.
const (
	// ResetReply sends one RST for each accepted SYN-ACK, and for repeated ones as far as resetLimit allows.
	ResetReply ResetPolicy = iota
	// ResetKernel passes SYN-ACKs to the host's stack, which answers each with a RST unless a firewall drops the one or
	// the other, or the source address is not the host's.
	ResetKernel
	// ResetNone sends none, and nothing reaches the stack: connections are left to others, such as LZR.
	ResetNone
)

var resetNames = [...]string{ResetReply: "reply", ResetKernel: "kernel", ResetNone: "none"}

// String returns the name that ParseResetPolicy takes.
func (p ResetPolicy) String() string {
	if int(p) < len(resetNames) {
		return resetNames[p]
	}
	return fmt.Sprintf("reset policy %d", uint8(p))
}

// ParseResetPolicy is the inverse of String: reply, kernel or none.
func ParseResetPolicy(name string) (ResetPolicy, error) {
	for p, n := range resetNames {
		if n == name {
			return ResetPolicy(p), nil
		}
	}
	return 0, fmt.Errorf("%q is not reply, kernel or none", name)
}
