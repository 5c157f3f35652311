package scan

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
)

// goPath is everything that Go does with an answer, in one goroutine: intake, collector, rows of the default output.
type goPath struct {
	intake    intake
	collector *collector
	resets    *resetQueue
	cfg       Config
	frames    [][]byte // SYN-ACKs, each of another target
}

const frameRoom = 64 // bytes: a cache line each

// newGoPath makes frames of n targets.
func newGoPath(t testing.TB, n int) *goPath {
	t.Helper()
	cfg, err := dry(t, set(t, worldTargets), 80, 443, 8080, 22).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	p := &goPath{cfg: cfg}
	space, err := cfg.space()
	if err != nil {
		t.Fatal(err)
	}
	p.collector = newCollector(1, defaultRows(t), &cfg)
	src := newSource(cfg.Key, cfg.Sources[0])
	p.intake = intake{
		validate: newValidator(cfg.Key, []source{src}, cfg.SourcePorts, 1, space),
		full:     p.collector.in, empty: p.collector.back,
		clock: newClock(), timeOfDay: time.Now, probed: new(atomic.Int64), n: new(receiverCounters),
	}
	p.intake.open()
	cfg.MaxTargets = uint64(n)
	memory := make([]byte, n*frameRoom)
	for i, probe := range probesOf(t, cfg) {
		frame := memory[i*frameRoom:][:60:frameRoom]
		accept(frame, probe)
		p.frames = append(p.frames, frame)
	}
	p.forget(t)
	return p
}

// accept writes the shortest SYN-ACK there is, with an MSS. Checksums are for nobody here.
func accept(frame []byte, p packet.Probe) {
	binary.BigEndian.PutUint16(frame[12:], 0x0800)
	ip, tcp := frame[14:], frame[34:]
	ip[0], ip[3], ip[8], ip[9] = 0x45, 44, 60, 6
	binary.BigEndian.PutUint32(ip[12:], p.Dst)
	binary.BigEndian.PutUint32(ip[16:], p.Src)
	binary.BigEndian.PutUint16(tcp[0:], p.DstPort)
	binary.BigEndian.PutUint16(tcp[2:], p.SrcPort)
	binary.BigEndian.PutUint32(tcp[8:], p.Seq+1)
	tcp[12], tcp[13] = 6<<4, packet.FlagSYN|packet.FlagACK
	copy(tcp[20:], []byte{2, 4, 5, 180})
}

// forget makes every answer the first one again.
func (p *goPath) forget(t testing.TB) {
	t.Helper()
	p.collector.out, p.collector.dedup = defaultRows(t), newDedup(&p.cfg)
	p.resets = new(resetQueue)
	p.intake.resets, p.intake.limit = p.resets, newResetLimit()
}

// defaultRows is the default output of several ports, to nowhere.
func defaultRows(t testing.TB) Output {
	t.Helper()
	out, err := output.NewWriter(io.Discard, output.Config{Fields: output.DefaultFields(2), Only: output.DefaultFilter})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// take works through frames, a batch at most.
func (p *goPath) take(frames [][]byte) {
	p.intake.begin()
	for _, f := range frames {
		p.intake.frame(f)
	}
	p.intake.publish()
	p.resets.pop(p.resets.len())
}

// collect works through what has been passed on.
func (p *goPath) collect() {
	for len(p.collector.in) > 0 {
		batch := <-p.collector.in
		p.collector.takeAll(batch.records[:batch.n])
		batch.n = 0
		p.collector.back <- batch
	}
}

// TestIntakeAllocs takes answers all the way to their rows without an allocation: first ones, once there is room to
// remember them, and repeated ones.
func TestIntakeAllocs(t *testing.T) {
	p := newGoPath(t, 20_000)
	at := 0
	batch := func() {
		p.take(p.frames[at:][:100])
		p.collect()
		at = (at + 100) % len(p.frames)
	}
	for range len(p.frames) / 100 {
		batch() // dedup makes room by the page
	}
	if n := testing.AllocsPerRun(len(p.frames)/100, batch); n != 0 {
		t.Errorf("100 answers allocate %v times, want 0", n)
	}
	if n := p.intake.n; n.answers.Load() != n.frames.Load() || n.answers.Load() < 2*uint64(len(p.frames)) {
		t.Errorf("%d answers of %d frames", n.answers.Load(), n.frames.Load())
	}
}

// TestIntakeCounts gives an intake what the XDP program would not: each frame is counted once, by what is wrong with it.
func TestIntakeCounts(t *testing.T) {
	p := newGoPath(t, 3)
	forged := append([]byte(nil), p.frames[1]...)
	forged[42]++ // the acknowledgement
	p.take([][]byte{p.frames[0], forged, p.frames[2][:50], nil})
	n := p.intake.n
	if n.frames.Load() != 4 || n.answers.Load() != 1 || n.invalid.Load() != 1 || n.unparsed.Load() != 2 {
		t.Errorf("%d frames: %d answers, %d invalid, %d unparsed; want 4: 1, 1, 2", n.frames.Load(), n.answers.Load(),
			n.invalid.Load(), n.unparsed.Load())
	}
	now := Snapshot{Received: 4, Losses: Losses{Invalid: 1, Unparsed: 2}, Rows: 1}
	now.Steer.SYNACK = 4
	if b := now.Balance(); b.Missing != 0 || b.Lost != 3 {
		t.Errorf("balance %+v, want 3 lost and none missing", b)
	}
}

// TestIntakeResetFindsNoRoom does not take a connection for closed whose RST found no room: its next SYN-ACK is a first one.
func TestIntakeResetFindsNoRoom(t *testing.T) {
	p := newGoPath(t, 1)
	for p.resets.push(packet.Probe{}) {
	}
	in := &p.intake
	const times = 2 * resetBurst
	in.begin()
	for range times {
		in.frame(p.frames[0])
	}
	in.publish()
	p.resets.pop(p.resets.len())
	in.frame(p.frames[0])
	in.publish()
	if lost, withheld := in.n.resetsLost.Load(), in.n.resetsWithheld.Load(); lost != times || withheld != 0 || p.resets.len() != 1 {
		t.Errorf("%d RSTs found no room, %d were withheld, %d wait; want %d, 0, 1", lost, withheld, p.resets.len(), times)
	}
}

// BenchmarkIntake is what Go does with an answer, from the frame to the row: by the receiver alone, and with the
// collector's part. An iteration is a batch of 256 answers, none seen before or all of them.
func BenchmarkIntake(b *testing.B) {
	const targets = 1 << 18
	for _, withCollector := range []bool{false, true} {
		for _, repeated := range []bool{false, true} {
			b.Run(fmt.Sprintf("collector=%v/repeated=%v", withCollector, repeated), func(b *testing.B) {
				p := newGoPath(b, targets)
				at, total := 0, 0
				var spent time.Duration
				b.ReportAllocs()
				for b.Loop() {
					if at == 0 && !repeated {
						b.StopTimer()
						p.forget(b)
						b.StartTimer()
					}
					start := time.Now()
					p.take(p.frames[at:][:receiveBatch])
					if withCollector {
						p.collect()
					}
					spent += time.Since(start)
					if !withCollector {
						p.collectNothing()
					}
					at, total = (at+receiveBatch)%targets, total+receiveBatch
				}
				b.ReportMetric(float64(spent.Nanoseconds())/float64(total), "ns/answer")
			})
		}
	}
}

// collectNothing gives the batches back.
func (p *goPath) collectNothing() {
	for len(p.collector.in) > 0 {
		batch := <-p.collector.in
		batch.n = 0
		p.collector.back <- batch
	}
}
