package lab_test

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/xsweep/xsweep/internal/lab"
)

// passAll and dropTCP are XDP programs.
var (
	passAll = asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()}

	dropTCP = asm.Instructions{
		asm.LoadMem(asm.R2, asm.R1, 0, asm.Word), // data
		asm.LoadMem(asm.R3, asm.R1, 4, asm.Word), // data_end
		asm.Mov.Imm(asm.R0, 2),
		asm.Mov.Reg(asm.R4, asm.R2),
		asm.Add.Imm(asm.R4, 34),
		asm.JGT.Reg(asm.R4, asm.R3, "out"),
		asm.LoadMem(asm.R5, asm.R2, 23, asm.Byte), // the protocol, if it is IPv4; ARP has zero there
		asm.JNE.Imm(asm.R5, 6, "out"),
		asm.Mov.Imm(asm.R0, 1),
		asm.Return().WithSymbol("out"),
	}
)

// attach puts a program on the host's interface until the test ends.
func attach(t testing.TB, h *lab.Host, mode link.XDPAttachFlags, program asm.Instructions) {
	t.Helper()
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "MIT", Instructions: program})
	if err != nil {
		t.Fatal(err)
	}
	defer prog.Close()
	err = h.Do(func() error {
		attached, err := link.AttachXDP(link.XDPOptions{Program: prog, Interface: h.Ifindex(), Flags: mode})
		if err == nil {
			t.Cleanup(func() { attached.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
