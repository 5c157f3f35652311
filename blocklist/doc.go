// Package blocklist turns IPv4 prefixes, ranges and files of them into immutable sets of addresses, files of targets
// with ports into immutable lists of those, and knows the special-purpose networks that a scan has no business in.
//
//	text ─► Parse, Loader.Entry ─► []Range ─► New ─┐
//	file ─► Loader.Set ────────────────────────────┴─► Set ─► Union, Minus, Intersect ─► Set
//	file ─► Loader.Pairs ──────────────────────────► Pairs ─► Minus ─► Pairs
//
//	index i in 0..Len-1 ─► At(i), AtBatch    the scanner's targets
//	an answer's sender  ─► Contains(addr)    is it one of them?
//
// A scan's targets are one Set: what was asked for, minus the special-purpose networks, minus the user's list. Its
// addresses are numbered 0 to Len-1 in ascending order, so a permutation of the numbers is a permutation of the
// targets, and an address that is not in the set cannot be produced. AtBatch is for the packet path: it allocates
// nothing, takes no lock, and finds an address in a time that is the same for one prefix and for two million scattered
// addresses, but for what fits the processor's caches. The table it needs is made at the first use, so a set that only
// goes into other sets has none. [Pairs] does the same for (address, port) targets that are no product of addresses and
// ports.
//
// Addresses are uint32 in host order: 1.2.3.4 is 0x01020304. [FromAddr] and [ToAddr] convert. IPv6 is not supported
// yet; its text is refused by name ([ErrIPv6]) and never skipped.
package blocklist
