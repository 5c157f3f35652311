package xsk

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pin ties the calling goroutine to a thread, and the thread to one processor.
func pin(tb testing.TB, cpu int) {
	tb.Helper()
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(cpu % runtime.NumCPU())
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		tb.Errorf("pin to processor %d: %v", cpu, err)
	}
}

// blast sends one batch of frames as they lie in their slots. When the kernel has all slots it yields the processor, on
// which the kernel may be waiting to free them (ksoftirqd).
func blast(tb testing.TB, q *TxQueue, batch int) {
	n := q.Reserve(batch)
	for ; n == 0; n = q.Reserve(batch) {
		_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
	}
	q.Submit(n)
	if _, err := q.Kick(); err != nil {
		tb.Error(err)
	}
}

// BenchmarkQueueSend measures sending 60-byte frames in copy mode over veth to a peer that drops them in native XDP,
// one queue and processor each, counted at the far end. An operation is a batch of queue 0; Mpps is of all queues.
func BenchmarkQueueSend(b *testing.B) {
	for _, queues := range []int{1, 2} {
		for _, batch := range []int{64, 512} {
			b.Run(fmt.Sprintf("queues=%d/batch=%d", queues, batch), func(b *testing.B) {
				w := newWire(b, queues, queues)
				count := w.countAtFar(b)
				txs := make([]*TxQueue, queues)
				for i := range queues {
					txs[i] = w.open(b, Config{Queue: uint32(i), Direction: TransmitOnly, Bind: BindCopy}).TX()
					txs[i].Prefill(testFrame(0, 60))
				}
				var stop atomic.Bool
				var wg sync.WaitGroup
				for i, tx := range txs[1:] {
					wg.Go(func() {
						pin(b, i+1)
						for !stop.Load() {
							blast(b, tx, batch)
						}
					})
				}
				pin(b, 0)
				before, start := count(), time.Now()
				for b.Loop() {
					blast(b, txs[0], batch)
				}
				arrived, took := count()-before, time.Since(start)
				stop.Store(true)
				wg.Wait()
				report(b, txs, arrived, took)
			})
		}
	}
}

// report adds the rate at the far end and the system calls a frame to a benchmark's line.
func report(b *testing.B, txs []*TxQueue, arrived uint64, took time.Duration) {
	var sum TxCounters
	for _, tx := range txs {
		c := tx.Counters()
		sum.Submitted += c.Submitted
		sum.Kicks += c.Kicks
		sum.Dropped += c.Dropped
	}
	b.ReportMetric(float64(arrived)/took.Seconds()/1e6, "Mpps")
	b.ReportMetric(float64(sum.Submitted)/float64(sum.Kicks), "frames/syscall")
	b.ReportMetric(float64(sum.Dropped), "dropped")
}
