package xsk

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// register makes u the UMEM of the socket fd, and says in its error how much memory could not be locked. The caller holds
// mu.
//
// The kernel counts a UMEM against RLIMIT_MEMLOCK unless the process has CAP_IPC_LOCK. Where the limit is in the
// way it is raised as far as the process may, and then it is tried once more.
func (u *Umem) register(fd int) error {
	err := u.registerOnce(fd)
	if errors.Is(err, unix.ENOBUFS) {
		raiseMemlock()
		err = u.registerOnce(fd)
	}
	if errors.Is(err, unix.ENOBUFS) {
		return fmt.Errorf("lock UMEM of %d bytes in memory (RLIMIT_MEMLOCK is %s): %w",
			u.cfg.Size, memlockLimit(), os.NewSyscallError("setsockopt", err))
	}
	if err != nil {
		return fmt.Errorf("register UMEM of %d bytes: %w", u.cfg.Size, os.NewSyscallError("setsockopt", err))
	}
	return nil
}

// registerOnce registers with TX metadata where it is wanted, and without where a kernel that has none may do.
func (u *Umem) registerOnce(fd int) error {
	reg := unix.XDPUmemReg{Len: uint64(u.cfg.Size), Size: u.cfg.FrameSize}
	u.metadata, u.metadataErr = 0, nil
	if u.cfg.TxMetadata.wanted() {
		with := reg
		with.Flags, with.Tx_metadata_len = unix.XDP_UMEM_TX_METADATA_LEN, txMetadataBytes
		if u.cfg.SoftwareChecksum {
			with.Flags |= unix.XDP_UMEM_TX_SW_CSUM
		}
		err := setUmem(fd, u.mem, with)
		switch {
		case err == nil:
			u.metadata = txMetadataBytes
			return nil
		case !errors.Is(err, unix.EINVAL):
			return err
		case u.cfg.TxMetadata == Require:
			return fmt.Errorf("with TX metadata, which Linux 6.11 or newer has: %w", err)
		}
		u.metadataErr = os.NewSyscallError("setsockopt", err)
	}
	return setUmem(fd, u.mem, reg)
}

// raiseMemlock lifts the limit on locked memory altogether, or at least to the hard limit. That neither may be
// allowed is no error: what matters is whether the UMEM registers afterwards.
func raiseMemlock() {
	infinite := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if unix.Setrlimit(unix.RLIMIT_MEMLOCK, &infinite) == nil {
		return
	}
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &lim) == nil {
		lim.Cur = lim.Max
		_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &lim)
	}
}

// memlockLimit returns the limit on locked memory for a message.
func memlockLimit() string {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &lim); err != nil {
		return "unknown"
	}
	if lim.Cur == math.MaxUint64 {
		return "unlimited"
	}
	return fmt.Sprintf("%d", lim.Cur)
}
