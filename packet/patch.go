package packet

import "encoding/binary"

// PatchAll writes the frames of probes into mem, the i-th at offset at[i], where it needs MaxFrameLen bytes; they are the
// frames that Put writes, and all as long. There are as many offsets as probes, or more. It panics where a frame would
// reach beyond mem.
//
// Where a buffer holds an earlier frame of t, as the slots of a transmit ring do most of the time, PatchAll writes only
// what may differ. It tells by the TCP header's length, flags and window. So a buffer may hold what templates have put
// there that differ in those, as SYN and RST do, or anything that cannot be taken for a frame of t; but nobody else may
// change a frame of t in between.
//
// It is one call for a batch because a call for each frame, with all that has to be kept on the stack across it, takes
// as long as the rest; and because what is the same for each of many is what vector instructions are for.
func (t *Template) PatchAll(mem []byte, at []uint64, probes []Probe) {
	at = at[:len(probes)]
	for len(probes) > 0 {
		done := t.patchMany(mem, at, probes)
		at, probes = at[done:], probes[done:]
		done = min(len(probes), patchGroup)
		t.patchEach(mem, at[:done], probes[:done])
		at, probes = at[done:], probes[done:]
	}
}

// patchGroup is how many frames patchEach writes before patchMany is asked again.
const patchGroup = 4

// patchEach is PatchAll, one by one.
func (t *Template) patchEach(mem []byte, at []uint64, probes []Probe) {
	start := uint64(t.IPv4Offset())
	ttl, ipConst, tcpConst, look := t.ttl, t.ipSum, t.tcpSum, uint32(t.offset>>32)
	for i := range probes {
		p := &probes[i]
		h := (*[headersLen]byte)(mem[at[i]+start:])
		if binary.BigEndian.Uint32(h[32:36]) != look {
			t.Put(mem[at[i]:], p)
			continue
		}
		src, dst := uint64(p.Src), uint64(p.Dst) // first, as in Put
		ports := uint64(p.SrcPort)<<16 | uint64(p.DstPort)
		seq, id := uint64(p.Seq), uint64(p.ID)
		ipSum := foldHigh(ipConst + src + dst + id)
		tcpSum := foldHigh(tcpConst + src + dst + ports + seq)

		binary.BigEndian.PutUint16(h[4:6], uint16(id))
		binary.BigEndian.PutUint64(h[8:16], (ttl|src)^uint64(ipSum&upperHalf)<<16)
		binary.BigEndian.PutUint64(h[16:24], dst<<32|ports)
		binary.BigEndian.PutUint32(h[24:28], uint32(seq))
		binary.BigEndian.PutUint16(h[36:38], ^uint16(tcpSum>>16))
	}
}

// IPv4Offset is where the IPv4 header begins in a frame: behind the Ethernet header and, if there is one, the VLAN tag.
func (t *Template) IPv4Offset() int {
	if t.tagged {
		return taggedIPv4Offset
	}
	return ipv4Offset
}
