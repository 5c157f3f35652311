package redirect

import (
	"strconv"

	"github.com/cilium/ebpf/asm"
)

// Registers of the filter, up to the label "match". Ctx, verdict and counter live across calls of the kernel.
const (
	ctx     = asm.R6 // struct xdp_md
	verdict = asm.R7
	counter = asm.R8 // which counter the frame adds to
	cursor  = asm.R2 // header being read
	end     = asm.R3 // of the frame
	scratch = asm.R4
	value   = asm.R5 // read from the header, in host order
	length  = asm.R0 // of the IPv4 header
)

// instructions jumps to "match" for the frames that match and to "count" for the others. The kernel's verifier wants
// to see each read preceded by a comparison with the end of the frame.
func (f *Filter) instructions() asm.Instructions {
	if f.empty() {
		return asm.Instructions{asm.Ja.Label("match")}
	}
	insns := asm.Instructions{
		asm.LoadMem(cursor, ctx, mdData, asm.Word),
		asm.LoadMem(end, ctx, mdDataEnd, asm.Word),
	}
	insns = append(insns, ethernet()...)
	if f.EtherType != 0 {
		insns = append(insns, asm.JNE.Imm(value, int32(f.EtherType), "count"))
	}
	if f.ipv4() {
		insns = append(insns, f.ipv4Header()...)
	}
	if len(f.Ports) > 0 {
		return append(insns, f.ports()...)
	}
	return append(insns, asm.Ja.Label("match"))
}

// within makes sure that n bytes can be read at the cursor.
func within(n int32) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(scratch, cursor),
		asm.Add.Imm(scratch, n),
		asm.JGT.Reg(scratch, end, "count"),
	}
}

// load16 reads two bytes of a header, which are in network order.
func load16(offset int16) asm.Instructions {
	return asm.Instructions{
		asm.LoadMem(value, cursor, offset, asm.Half),
		asm.HostTo(asm.BE, value, asm.Half),
	}
}

// ethernet leaves the EtherType in value and the cursor behind it and up to two VLAN tags.
func ethernet() asm.Instructions {
	insns := within(14)
	insns = append(insns, load16(12)...)
	insns = append(insns, asm.Add.Imm(cursor, 14))
	for i := range 2 {
		tag := "tag" + strconv.Itoa(i)
		insns = append(insns,
			asm.JEq.Imm(value, etherVLAN, tag),
			asm.JNE.Imm(value, etherProvider, "network"))
		skip := append(within(4), load16(2)...)
		skip[0] = skip[0].WithSymbol(tag)
		insns = append(append(insns, skip...), asm.Add.Imm(cursor, 4))
	}
	// A label must be on an instruction; this one does nothing.
	return append(insns, asm.Mov.Reg(scratch, cursor).WithSymbol("network"))
}

// ipv4Header leaves the protocol in value and the length of the header in length.
func (f *Filter) ipv4Header() asm.Instructions {
	insns := asm.Instructions{asm.JNE.Imm(value, etherIPv4, "count")}
	insns = append(insns, within(20)...)
	insns = append(insns,
		asm.LoadMem(length, cursor, 0, asm.Byte),
		asm.Mov.Reg(value, length),
		asm.RSh.Imm(value, 4),
		asm.JNE.Imm(value, 4, "count"), // the version
		asm.And.Imm(length, 0x0f),
		asm.LSh.Imm(length, 2),
		asm.JLT.Imm(length, 20, "count"),
		asm.LoadMem(value, cursor, 9, asm.Byte),
	)
	if f.Protocol != 0 {
		insns = append(insns, asm.JNE.Imm(value, int32(f.Protocol), "count"))
	}
	return insns
}

// ports reads the destination port, which TCP and UDP have in the same place.
func (f *Filter) ports() asm.Instructions {
	var insns asm.Instructions
	if f.Protocol == 0 {
		insns = append(insns,
			asm.JEq.Imm(value, protoTCP, "fragment"),
			asm.JNE.Imm(value, protoUDP, "count"))
	}
	fragment := load16(6)
	fragment[0] = fragment[0].WithSymbol("fragment")
	insns = append(insns, fragment...)
	insns = append(insns,
		asm.And.Imm(value, 0x3fff), // more fragments, or not the first
		asm.JNE.Imm(value, 0, "count"),
		asm.Add.Reg(cursor, length),
	)
	insns = append(insns, within(8)...) // a UDP header, or what ICMP errors quote of a TCP header
	insns = append(insns, load16(2)...)
	for _, port := range f.Ports {
		insns = append(insns, asm.JEq.Imm(value, int32(port), "match"))
	}
	return append(insns, asm.Ja.Label("count"))
}
