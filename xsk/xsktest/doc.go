// Package xsktest plays the kernel behind an AF_XDP queue, in ordinary memory: for tests and benchmarks of code that uses
// package xsk, without root, sockets or a network.
//
//	q, k, err := xsktest.New(xsk.Config{})
//	k.Sent = func(frame []byte) { got = append(got, bytes.Clone(frame)) }
//	sender(q.TX())              // its Kick sends, and completes, what it has submitted
//
//	k.Deliver(frame)            // into q.RX(), as if an XDP program had redirected it
//	receiver(q.RX())
//
// Faults are played by Kernel.Kicked: it may send fewer frames than were submitted, complete none, and return any errno.
package xsktest
