package redirect

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/xdplink"
)

// Of linux/bpf.h: the verdicts, and where the fields of struct xdp_md are.
const (
	xdpDrop     = 1
	xdpPass     = 2
	xdpRedirect = 4

	mdData         = 0
	mdDataEnd      = 4
	mdRxQueueIndex = 16
)

// Program is a loaded XDP program. Its methods may be called concurrently, Attach and Close aside.
type Program struct {
	prog     *ebpf.Program
	counters *ebpf.Map
	sockets  *Sockets // nil where the action is not Redirect

	cfg        Config
	link       *xdplink.Link // nil while it is not attached
	attachment Attachment
}

// Load loads a program into the kernel, attached to nothing yet. The error wraps ErrConfig, or the errno of bpf(2): EPERM
// without the capabilities.
func Load(cfg Config) (*Program, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("load XDP program: %w", err)
	}
	if cfg.Queues == 0 {
		cfg.Queues = defaultQueues
	}
	p := &Program{cfg: cfg}
	if err := p.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("load XDP program: %w", err), p.Close())
	}
	return p, nil
}

// load makes what Close takes apart, which copes with half of it.
func (p *Program) load() (err error) {
	p.counters, err = ebpf.NewMap(&ebpf.MapSpec{
		Name: "redirect_count", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: numCounters,
	})
	if err != nil {
		return err
	}
	if p.cfg.Action == Redirect {
		m, err := ebpf.NewMap(&ebpf.MapSpec{
			Name: "redirect_xsks", Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: uint32(p.cfg.Queues),
		})
		if err != nil {
			return err
		}
		p.sockets = &Sockets{m: m}
	}
	spec := &ebpf.ProgramSpec{
		Name: "xsk_redirect", Type: ebpf.XDP, License: "MIT", Flags: unix.BPF_F_XDP_HAS_FRAGS,
		Instructions: p.instructions(),
	}
	p.prog, err = ebpf.NewProgram(spec)
	if errors.Is(err, unix.EINVAL) {
		// Kernels before 5.18 do not know programs that accept frames in several buffers.
		spec.Flags = 0
		p.prog, err = ebpf.NewProgram(spec)
	}
	return err
}

// instructions assembles: the filter, the action on what matches, and the counting of every frame.
func (p *Program) instructions() asm.Instructions {
	insns := asm.Instructions{
		asm.Mov.Reg(ctx, asm.R1),
		asm.Mov.Imm(verdict, xdpPass),
		asm.Mov.Imm(counter, countPassed),
	}
	switch p.cfg.Action {
	case Redirect:
		insns = append(insns, p.cfg.Filter.instructions()...)
		insns = append(insns, toSocket(p.sockets.m)...)
	case Drop:
		insns = append(insns, p.cfg.Filter.instructions()...)
		insns = append(insns,
			asm.Mov.Imm(verdict, xdpDrop).WithSymbol("match"),
			asm.Mov.Imm(counter, countMatched))
	case Pass:
	}
	return append(insns, count(p.counters)...)
}

// toSocket redirects to the socket of the queue that the frame came in by.
func toSocket(sockets *ebpf.Map) asm.Instructions {
	return asm.Instructions{
		asm.LoadMapPtr(asm.R1, sockets.FD()).WithSymbol("match"),
		asm.LoadMem(asm.R2, ctx, mdRxQueueIndex, asm.Word),
		asm.Mov.Imm(asm.R3, xdpPass), // the verdict where there is no socket
		asm.FnRedirectMap.Call(),
		asm.Mov.Reg(verdict, asm.R0),
		asm.Mov.Imm(counter, countMatched),
		asm.JEq.Imm(verdict, xdpRedirect, "count"),
		asm.Mov.Imm(counter, countUnbound),
	}
}

// count adds one to the counter of this CPU, and ends with the verdict.
func count(counters *ebpf.Map) asm.Instructions {
	return asm.Instructions{
		asm.StoreMem(asm.RFP, -4, counter, asm.Word).WithSymbol("count"),
		asm.LoadMapPtr(asm.R1, counters.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"), // never: the key is one of the array's
		asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord),
		asm.Add.Imm(asm.R1, 1),
		asm.StoreMem(asm.R0, 0, asm.R1, asm.DWord),
		asm.Mov.Reg(asm.R0, verdict).WithSymbol("out"),
		asm.Return(),
	}
}

// Add makes fd, an AF_XDP socket bound to this queue (xsk.RxQueue.FD), the receiver of the frames that match there. See
// Sockets.Add.
func (p *Program) Add(queue uint32, fd int) error {
	if p.sockets == nil {
		return fmt.Errorf("add socket of queue %d: the program does not redirect", queue)
	}
	return p.sockets.Add(queue, fd)
}

// Run passes one frame of 14 bytes or more, as it came from the wire on queue 0, through the program without a device
// (BPF_PROG_TEST_RUN) and returns its XDP verdict: 1 is drop, 2 pass, 4 redirect. It is there to try a filter: load it
// with the action Drop, and what matches is dropped. The counters count the frame.
func (p *Program) Run(frame []byte) (verdict uint32, err error) {
	verdict, err = p.prog.Run(&ebpf.RunOptions{Data: frame})
	if err != nil {
		return 0, fmt.Errorf("try XDP program: %w", err)
	}
	return verdict, nil
}

// Close detaches the program, unless that has been done, and unloads it. A second Close does nothing.
func (p *Program) Close() error {
	var errs []error
	if p.link != nil {
		errs = append(errs, p.link.Close())
		p.link = nil
	}
	if p.sockets != nil {
		errs = append(errs, p.sockets.Close())
	}
	return errors.Join(append(errs, p.prog.Close(), p.counters.Close())...)
}
