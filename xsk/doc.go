// Package xsk sends and receives Ethernet frames through AF_XDP sockets.
//
// A Queue is one queue of one network interface. It has a UMEM, memory cut into frames and shared with the
// kernel, and the four rings that pass frames back and forth without copying them through a system call:
//
//	we write   →  TX    →  kernel sends     →  completion  →  frame is ours again
//	we offer   →  fill  →  kernel receives  →  RX          →  we read, then offer again
//
// A frame is in exactly one place at a time.
//
// # Two sockets, two owners
//
// A Queue holds two sockets on one UMEM: one that receives and one that sends. In copy mode poll(2) on a socket
// with a TX ring runs the whole transmit path under the socket's lock, so a receiver that polls a combined socket
// fights its own sender. Here RxQueue and TxQueue share nothing that is written: one goroutine may own the one,
// another the other, with no lock between them.
//
// # Sending
//
//	tx := q.TX()
//	n := tx.Reserve(64)          // up to 64 slots; fewer when the kernel still holds them
//	for i := range n {
//		b := tx.Frame(i)         // this slot's buffer, as it was last left
//		tx.SetLen(i, copy(b, frame))
//	}
//	tx.Submit(n)                 // one atomic store for the batch
//	res, err := tx.Kick()        // one system call, and only if the kernel wants it
//
// SendBatch does all of it for frames that lie in slices already.
//
// # Receiving
//
// Which frames arrive is not decided here: an XDP program must redirect them to RxQueue.FD through an XSKMAP. Package
// redirect has one.
//
//	rx := q.RX()
//	err := rx.Wait(time.Second)  // poll(2), unless frames are waiting already
//	n := rx.Receive(64)
//	for i := range n {
//		handle(rx.Frame(i))      // in place; valid until Release
//	}
//	rx.Release(n)                // the memory goes back to the kernel
//
// Where packets may be longer than a frame, ask for multi-buffer and walk over RxQueue.Packets.
//
// # Many queues, one memory
//
// OpenGroup opens every queue of an interface, each with a UMEM of its own or, with ShareUmem, all on one. A Umem may also
// be made first and given to any number of Queues, of several interfaces too; each takes its own part of it:
//
//	u, err := xsk.NewUmem(xsk.UmemConfig{Size: 4 * cfg.UmemBytes()})
//	cfg.Umem = u                 // for each of the four
//
// # Asking, and being told
//
// Zero-copy, need_wakeup, busy polling, huge pages, multi-buffer and TX metadata are not to be had everywhere. Each can be
// preferred or required (Preference, BindMode). What was preferred and refused is in Info.Refused with its errno; what was
// required and refused is Open's error, which says what the driver can do. DeviceFeatures asks a driver beforehand.
//
// The host is left as it is unless GroupConfig.Tuning says otherwise, and put back by Close.
//
// # Closing
//
// Close unmaps the memory under the frames: the goroutines that own the RxQueue and the TxQueue must have stopped. Using
// either afterwards is a fault that Go cannot recover from.
//
// # Testing without a kernel
//
// Package xsktest makes Queues over ordinary memory and plays the kernel behind them.
//
// # Kernels, privileges, namespaces
//
// Linux 5.10 or newer. Opening needs CAP_NET_RAW, and CAP_IPC_LOCK or an RLIMIT_MEMLOCK as large as the UMEM;
// CAP_NET_ADMIN lets Open raise the send buffer past net.core.wmem_max, and poll busily. A socket belongs for good to the
// network namespace of the thread that opens it: callers that switch namespaces must hold runtime.LockOSThread over Open.
// The queues may be used from any thread afterwards. What newer kernels add:
//
//	5.11  busy polling
//	6.3   DeviceFeatures
//	6.6   multi-buffer
//	6.11  TX metadata
//	6.17  more than 32 frames a system call in copy mode
//
// xsk knows nothing of IP, and nothing of XDP programs.
package xsk
