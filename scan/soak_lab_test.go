package scan

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
)

// soakTime is how long TestSoak runs: a few seconds, or what XSWEEP_SOAK says, as make soak has it.
func soakTime(t *testing.T) time.Duration {
	text := os.Getenv("XSWEEP_SOAK")
	if text == "" {
		return 5 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("XSWEEP_SOAK: %v", err)
	}
	return d
}

// TestSoak scans again and again, as fast as it goes, each time in another way and with other trouble: forged floods, cut
// links, a slow output, answers that come twice or are wrong. Each scan is held to its balance:
//
//	probes given to the kernel = arrived + counted losses
//	answers that the world sent = recorded + counted losses
//
// and every row to the truth. Memory, goroutines and file descriptors must not grow.
func TestSoak(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	s := &scanSoak{l: l, r: rand.New(rand.NewPCG(soakSeed(t), 2))}
	s.world = simulate(t, l, lab.SimConfig{Key: 77, Open: 0.01, Closed: 0.01, ICMP: 0.005, Duplicate: 0.05, DuplicateCopies: 2,
		WrongAck: 0.01, CoveragePorts: soakPorts()})
	s.out.truth = s.world.Truth
	for end := time.Now().Add(soakTime(t)); time.Now().Before(end) && !t.Failed(); {
		s.round(t)
	}
	s.report(t)
}

// soakSeed is the one of every run, or another one: XSWEEP_SOAK_SEED.
func soakSeed(t *testing.T) (seed uint64) {
	if text := os.Getenv("XSWEEP_SOAK_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatalf("XSWEEP_SOAK_SEED: %v", err)
		}
	}
	return seed
}

func soakPorts() []uint16 {
	ports := make([]uint16, 16)
	for i := range ports {
		ports[i] = uint16(1000 + 7*i)
	}
	return ports
}

// scanSoak is the state of TestSoak.
type scanSoak struct {
	l     *lab.Lab
	world *lab.Simulation
	r     *rand.Rand
	out   soakOutput
	total soakBalance
	sizes []soakSize // after each round
}

// soakBalance is what went in and what came out, of one scan or of all.
type soakBalance struct {
	scans, cuts                          uint64
	sent, arrived, dropped, unsent       uint64
	wireTo, cutTo                        uint64 // probes lost on the wire, counted there, and those in the wire as it was cut
	answered, steered, wireFrom, cutFrom uint64 // answers sent by the world, seen by steer, lost on the wire likewise
	recorded, repeats, lost              uint64
	forged, refused, forgedSent          uint64 // by steer, by the validator
	missing                              int64
}

func (b *soakBalance) add(o *soakBalance) {
	b.scans += o.scans
	b.cuts += o.cuts
	b.sent += o.sent
	b.arrived += o.arrived
	b.dropped += o.dropped
	b.unsent += o.unsent
	b.wireTo += o.wireTo
	b.cutTo += o.cutTo
	b.answered += o.answered
	b.steered += o.steered
	b.wireFrom += o.wireFrom
	b.cutFrom += o.cutFrom
	b.recorded += o.recorded
	b.repeats += o.repeats
	b.lost += o.lost
	b.forged += o.forged
	b.forgedSent += o.forgedSent
	b.refused += o.refused
	b.missing += o.missing
}

// soakSize is what must not grow.
type soakSize struct {
	resident   uint64 // bytes
	goroutines int
	files      int
}

// soakWay is how one scan goes.
type soakWay struct {
	name   string
	forge  bool
	cut    func(up bool) error // of the links that are cut
	slow   time.Duration       // how long the output takes for a batch of rows now and then
	config func(*Config)
}

// round is one scan.
func (s *scanSoak) round(t *testing.T) {
	way := s.way()
	if err := s.world.Reset(); err != nil {
		t.Fatal(err)
	}
	cfg := labConfig(t, s.l, 0, soakPorts()...)
	cfg.Seed, cfg.Cooldown, cfg.MaxRuntime = s.r.Uint64(), 300*time.Millisecond, 10*time.Second
	way.config(&cfg)
	s.out.reset(cfg.Dedup != DedupNone, way.slow)
	before := wireDrops(t, s.l)
	scan, err := openInside(s.l, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := soakBalance{scans: 1}
	var trouble sync.WaitGroup
	var stop atomic.Bool
	if way.forge {
		trouble.Go(func() { b.forgedSent = s.forge(t, scan, cfg.Key, &stop) })
	}
	if way.cut != nil {
		trouble.Go(func() { b.cuts = s.cut(t, way.cut, &stop) })
	}
	end, err := scan.Run(context.Background(), &s.out, nil)
	stop.Store(true)
	trouble.Wait()
	if err != nil {
		t.Errorf("%s: %v", way.name, err)
	}
	if err := scan.Close(); err != nil {
		t.Errorf("%s: %v", way.name, err)
	}
	s.balance(t, &b, &end, cfg.Reset, before)
	s.out.check(t, way.name)
	s.check(t, way.name, &b, &end)
	s.total.add(&b)
	s.sizes = append(s.sizes, sizeNow(t))
}

// way throws the dice.
func (s *scanSoak) way() soakWay {
	engine := bothEngines[s.r.IntN(2)]
	w := soakWay{name: engine.String(), forge: s.r.IntN(2) == 0}
	senders, rate := 1+s.r.IntN(2), 0.0
	mode := bpf.ModeNative
	if engine == EngineXSK && s.r.IntN(4) == 0 {
		mode = bpf.ModeGeneric
	}
	if s.r.IntN(4) == 0 {
		rate = 400_000
	}
	dedup := []DedupMethod{DedupFull, DedupFull, DedupFull, DedupWindow, DedupNone}[s.r.IntN(5)]
	policy, most := resetPolicies[max(s.r.IntN(6)-3, 0)], uint64(0)
	if s.r.IntN(4) == 0 {
		most = 1 + s.r.Uint64N(1_000_000)
	}
	switch s.r.IntN(5) {
	case 0:
		w.cut, w.name = func(up bool) error { return setLink(s.l.Scanner, up) }, w.name+", link cut"
	case 1:
		w.cut, w.name = func(up bool) error { return setLink(s.l.World, up) }, w.name+", far end cut"
	case 2:
		w.slow, w.name = 2*time.Millisecond, w.name+", slow output"
	}
	w.forge = w.forge && w.cut == nil // a forger whose wire is cut loses frames that nobody counts
	w.name = fmt.Sprintf("%s, %v, senders %d, rate %.0f, %v, %v, most %d, forgery %v", w.name, mode, senders, rate, dedup, policy, most, w.forge)
	w.config = func(cfg *Config) {
		cfg.Engine, cfg.XDP, cfg.Senders, cfg.Rate, cfg.Dedup = engine, mode, senders, rate, dedup
		cfg.Reset, cfg.MaxTargets, cfg.Key = policy, most, NewKey()
	}
	return w
}

// forge floods with all kinds of forgery that are counted apart until the cool-down, or until it is told to stop, and returns
// how many were sent.
func (s *scanSoak) forge(t *testing.T, scan *Scan, key Key, stop *atomic.Bool) (sent uint64) {
	const left = lab.ForgeEcho | lab.ForgeMirrored | lab.ForgeMirroredAck | lab.ForgeFirstFragment | lab.ForgeLaterFragment
	for i := uint64(0); !stop.Load() && !scan.Snapshot().Done; i++ {
		n, err := s.world.Forge(lab.ForgeConfig{Kind: lab.ForgeAll &^ left, Count: 20_000, Seed: i, Key: key, Port: soakPorts()[0],
			FirstPort: DefaultSourcePorts.First, LastPort: DefaultSourcePorts.Last})
		sent += n
		if err != nil {
			t.Error(err)
			return sent
		}
	}
	return sent
}

// cut takes a link down and up, again and again, until it is told to stop.
func (s *scanSoak) cut(t *testing.T, set func(up bool) error, stop *atomic.Bool) (cuts uint64) {
	r := rand.New(rand.NewPCG(s.total.scans, 9))
	for !stop.Load() {
		time.Sleep(time.Duration(50+r.IntN(300)) * time.Millisecond)
		if stop.Load() {
			return cuts
		}
		cuts++
		for _, up := range []bool{false, true} {
			if err := set(up); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Duration(1+r.IntN(100)) * time.Millisecond)
		}
	}
	return cuts
}

// balance fills b in.
func (s *scanSoak) balance(t *testing.T, b *soakBalance, end *Snapshot, policy ResetPolicy, before [2]uint64) {
	t.Helper()
	n, after := counters(t, s.world), wireDrops(t, s.l)
	b.sent, b.arrived = end.Probes, n.SYNs
	if policy == ResetReply { // else none are sent, or others than ours
		b.sent, b.arrived = b.sent+end.Resets, b.arrived+n.RSTsGood+n.RSTsBad
	}
	b.dropped, b.unsent = end.Losses.SendDropped+end.Losses.SendInvalid, end.Losses.Unsent
	b.wireTo, b.wireFrom = after[0]-before[0], after[1]-before[1]
	b.answered = n.Answered() + n.WrongAcks + n.Duplicates + b.forgedSent
	b.forged = end.Steer.Forged + end.Steer.ForeignICMP
	in := end.Balance()
	b.steered = in.Seen + b.forged
	b.recorded, b.repeats, b.lost, b.missing = in.Rows, end.Repeats, in.Lost-end.Losses.Invalid, in.Missing
	b.refused = end.Losses.Invalid
}

// wireDrops are the frames that the two ends of the wire dropped: those to the world, and those from it.
func wireDrops(t *testing.T, l *lab.Lab) (drops [2]uint64) {
	t.Helper()
	for i, h := range []*lab.Host{l.Scanner, l.World} {
		if err := h.Do(func() error {
			dev, err := netlink.LinkByIndex(h.Ifindex())
			if err == nil {
				drops[i] = dev.Attrs().Statistics.TxDropped
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return drops
}

// check holds one scan to its balance.
func (s *scanSoak) check(t *testing.T, name string, b *soakBalance, end *Snapshot) {
	t.Helper()
	t.Logf("%s: %+v", name, *b)
	// A ring of veth holds 256 frames, and what is in it when an end goes down is gone, counted by nobody.
	inWire := 256 * 2 * b.cuts
	b.cutTo = b.sent - b.arrived - b.dropped
	b.unsent = min(b.unsent, b.cutTo) // RSTs among them do not count as sent
	if b.cutTo -= b.unsent; b.cutTo > inWire {
		t.Errorf("%s: %d probes and RSTs sent, %d arrived, %d dropped, %d were in the wire when it was cut at most; %+v", name, b.sent,
			b.arrived, b.dropped, inWire, end.Losses)
	}
	if b.cutFrom = b.answered - b.steered - b.wireFrom; b.cutFrom > inWire {
		t.Errorf("%s: %d answers sent, %d seen, %d lost on the wire, %d were in it when it was cut at most", name, b.answered,
			b.steered, b.wireFrom, inWire)
	}
	if b.missing != 0 {
		t.Errorf("%s: %+v does not add up: %+v", name, end.Balance(), end.Losses)
	}
}

// report prints the balance of all scans, and wants what must not grow to be as it was.
func (s *scanSoak) report(t *testing.T) {
	b := &s.total
	t.Logf(`%d scans, %d cuts of a link
probes and RSTs sent       %14d
  arrived                  %14d
  dropped, and counted     %14d
  never sent, and counted  %14d
  in the wire when cut     %14d
answers sent by the world  %14d
  forged or wrong          %14d stopped in the kernel, %d in Go; %d were sent by floods; 0 rows
  recorded                 %14d of them repeats %d
  lost on the wire         %14d counted by the far end
  lost here, and counted   %14d
  in the wire when cut     %14d`, b.scans, b.cuts, b.sent, b.arrived, b.dropped, b.unsent, b.cutTo, b.answered, b.forged, b.refused, b.forgedSent,
		b.recorded, b.repeats, b.wireFrom, b.lost, b.cutFrom)
	const warm, enough = 10, 30
	if len(s.sizes) < enough {
		return
	}
	sizes := s.sizes[warm:]
	early, late := medianSize(sizes[:len(sizes)/4]), medianSize(sizes[len(sizes)*3/4:])
	t.Logf("after the first quarter %v, in the last one %v", early, late)
	if late.resident > early.resident+early.resident/10+8<<20 || late.goroutines > early.goroutines || late.files > early.files {
		t.Errorf("it grows: %v in the first quarter, %v in the last", early, late)
	}
}

// String is in words.
func (z soakSize) String() string {
	return fmt.Sprintf("%.1f MiB, %d goroutines, %d files", float64(z.resident)/(1<<20), z.goroutines, z.files)
}

// medianSize is each number's median.
func medianSize(sizes []soakSize) soakSize {
	middle := func(of func(soakSize) uint64) uint64 {
		var all []uint64
		for _, z := range sizes {
			all = append(all, of(z))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return soakSize{
		middle(func(z soakSize) uint64 { return z.resident }),
		int(middle(func(z soakSize) uint64 { return uint64(z.goroutines) })),
		int(middle(func(z soakSize) uint64 { return uint64(z.files) })),
	}
}

// sizeNow looks at this process.
func sizeNow(t *testing.T) soakSize {
	t.Helper()
	runtime.GC()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var pages, resident uint64
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &pages, &resident)
	}
	if err != nil {
		t.Fatal(err)
	}
	return soakSize{resident * uint64(os.Getpagesize()), runtime.NumGoroutine(), len(files)}
}

// soakOutput holds each row to the truth as it is written.
type soakOutput struct {
	truth  func(addr uint32, port uint16) lab.Outcome
	dedup  bool
	slow   time.Duration
	rows   uint64
	wrong  []string
	before [3][]uint64 // by class, a bit for each target that has a row
}

func (o *soakOutput) reset(dedup bool, slow time.Duration) {
	o.dedup, o.slow, o.rows, o.wrong = dedup, slow, 0, nil
	for i := range o.before {
		o.before[i] = make([]uint64, (1<<17)*16/64)
	}
}

func (o *soakOutput) Rows() uint64 { return o.rows }
func (o *soakOutput) Flush() error { return nil }

func (o *soakOutput) Write(r *output.Record) error {
	o.rows++
	if o.slow > 0 && o.rows%256 == 0 {
		time.Sleep(o.slow)
	}
	class := slices.Index([]output.Class{output.SYNACK, output.RST, output.ICMP}, r.Class)
	want := []lab.Outcome{lab.Open, lab.Closed, lab.Unreachable}[class]
	if got := o.truth(r.Saddr, r.Sport); got != want {
		o.complain("%v:%d is reported as %v and is %v", blocklist.ToAddr(r.Saddr), r.Sport, r.Class, got)
		return nil
	}
	bit := uint64(r.Saddr-lab.FirstTarget)*16 + uint64(r.Sport-1000)/7
	seen := o.before[class][bit/64]>>(bit%64)&1 == 1
	o.before[class][bit/64] |= 1 << (bit % 64)
	if o.dedup && seen != r.Repeat {
		o.complain("%v:%d: repeat is %v, and it has %v been reported", blocklist.ToAddr(r.Saddr), r.Sport, r.Repeat, seen)
	}
	return nil
}

func (o *soakOutput) complain(format string, args ...any) {
	if len(o.wrong) < 10 {
		o.wrong = append(o.wrong, fmt.Sprintf(format, args...))
	}
}

func (o *soakOutput) check(t *testing.T, name string) {
	t.Helper()
	for _, text := range o.wrong {
		t.Errorf("%s: %s", name, text)
	}
}
