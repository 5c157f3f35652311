package bpf

import (
	"testing"
	"time"

	"github.com/google/gopacket/layers"
)

// BenchmarkSteer has the kernel time the program over one frame of each way through it.
func BenchmarkSteer(b *testing.B) {
	v := readVectors(b)[0]
	for _, bb := range []struct {
		name  string
		frame []byte
	}{
		{"frame=answer", v.answer(nil)},
		{"frame=forged", v.answer(func(r *reply) { r.tcp.Ack++ })},
		{"frame=foreign-icmp", v.unreachable(func(q *quote) { q.tcp.Seq++ })},
		{"frame=segment", v.answer(func(r *reply) { r.tcp.SYN = false })},
		{"frame=udp", v.answer(func(r *reply) { r.ip.Protocol = layers.IPProtocolUDP })},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s := load(b, v.config(), true)
			const runs = 1_000_000
			var total time.Duration
			for b.Loop() {
				_, each, err := s.objects.Steer.Benchmark(bb.frame, runs, nil)
				if err != nil {
					b.Fatal(err)
				}
				total += each
			}
			b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/frame")
			b.ReportMetric(0, "ns/op")
		})
	}
}
