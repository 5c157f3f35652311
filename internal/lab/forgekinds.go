package lab

import "math/bits"

// ForgeKind is a kind of forged frame, or several, added up.
type ForgeKind uint32

// The kinds of forged frames. In the first three, everything that the scanner has planted in a probe is a random number. The
// others are true answers to a probe of the scan that ForgeConfig.Key belongs to, but for what is said of them: they are what
// an attacker could send who has seen every probe, and worse.
const (
	ForgeSYNACK ForgeKind = 1 << iota // a SYN-ACK of a connection nobody asked for
	ForgeRST                          // a RST of one
	ForgeICMP                         // an ICMP host-unreachable error quoting a probe nobody sent

	ForgeBareAck  // a SYN-ACK that acknowledges the probe's sequence number and not the next one
	ForgeNextAck  // a SYN-ACK that acknowledges one too many
	ForgeZeroAck  // a SYN-ACK that acknowledges 0
	ForgeNextRST  // a RST that acknowledges one too many
	ForgeZeroRST  // a RST without acknowledgement
	ForgeToPort   // a SYN-ACK to another one of the scanner's ports
	ForgeFromPort // a SYN-ACK from another port of the target
	ForgeFromHost // a SYN-ACK from another address

	// These two only who has the key could make: everything is right, but nobody asked.
	ForgeUnprobedPort // a SYN-ACK from a port that the scan does not probe: ForgeConfig.Port with its highest bit the other way
	ForgeUnprobedHost // a SYN-ACK from an address that is not a target: outside of the simulated network

	ForgeReplayedSYNACK // the answer to a probe of a scan with another key
	ForgeReplayedRST    // likewise
	ForgeReplayedICMP   // likewise

	ForgeEcho        // the probe as it was sent
	ForgeMirrored    // the probe with addresses and ports exchanged
	ForgeMirroredAck // likewise, with the ACK bit set

	ForgeData          // a SYN-ACK with data, acknowledging one too many
	ForgeFirstFragment // a SYN-ACK that says that more fragments follow
	ForgeLaterFragment // a SYN-ACK that says that it is a later fragment

	ForgeICMPSeq   // an ICMP error that quotes a sequence number one too low
	ForgeICMPPort  // an ICMP error that quotes another one of the scanner's ports
	ForgeICMPShort // an ICMP error that quotes all but the last byte of the sequence number

	forgeSYN // a probe, sent from the scanner's end: the load of this package's own benchmark

	// ForgeAll is all of them.
	ForgeAll = forgeSYN - 1

	forgeErrors = ForgeICMP | ForgeReplayedICMP | ForgeICMPSeq | ForgeICMPPort | ForgeICMPShort
)

// list numbers the kinds as bpf/forge.c does.
func (k ForgeKind) list() (list [32]uint8, n uint32) {
	for ; k != 0; k &= k - 1 {
		list[n] = uint8(bits.TrailingZeros32(uint32(k)))
		n++
	}
	return list, n
}
