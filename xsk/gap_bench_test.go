package xsk

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkBatchGap measures how long a sender is kept from its next batch of 64 while another goroutine does nothing but
// collect garbage, with some to find: the time from one batch to the next, over ordinary memory, where the collector alone
// can hold it up, and over veth, where the kernel sends the batch meanwhile.
func BenchmarkBatchGap(b *testing.B) {
	b.Run("wire=none", func(b *testing.B) {
		tx, _, k := newFake(b, Config{TxSlotSize: 64}, 0)
		k.sendCall = take(64, 0)
		measureGaps(b, func() { blast(b, tx, 64) })
	})
	b.Run("wire=veth", func(b *testing.B) {
		w := newWire(b, 1, 1)
		w.countAtFar(b)
		tx := w.open(b, Config{Direction: TransmitOnly, Bind: BindCopy}).TX()
		tx.Prefill(testFrame(0, 60))
		measureGaps(b, func() { blast(b, tx, 64) })
	})
}

// gapSamples is how many gaps are kept: the last ones.
const gapSamples = 1 << 20

// measureGaps calls send again and again beside the collector, and reports the gaps.
func measureGaps(b *testing.B, send func()) {
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		live := make([][]byte, 10_000)
		for i := 0; !stop.Load(); i++ {
			for j := range live {
				live[j] = make([]byte, 64)
			}
			runtime.GC()
		}
		runtime.KeepAlive(live)
	})
	pin(b, 0)
	gaps, n := make([]int64, gapSamples), 0
	start, last := time.Now(), int64(0)
	for b.Loop() {
		send()
		now := int64(time.Since(start))
		gaps[n&(gapSamples-1)] = now - last
		last, n = now, n+1
	}
	stop.Store(true)
	wg.Wait()
	gaps = gaps[:min(n, gapSamples)]
	slices.Sort(gaps)
	at := func(share float64) float64 { return float64(gaps[int(share*float64(len(gaps)-1))]) / 1e3 }
	b.ReportMetric(at(0.5), "µs-p50")
	b.ReportMetric(at(0.999), "µs-p99.9")
	b.ReportMetric(at(1), "µs-max")
}
