package bench

import (
	"slices"
	"time"
)

// Kind is what is measured.
type Kind string

// The kinds.
const (
	KindGenerator Kind = "generator"
	KindTX        Kind = "tx"
	KindRX        Kind = "rx"
	KindScan      Kind = "scan"
)

// Kinds lists them in the order in which they are shown.
func Kinds() []Kind { return []Kind{KindGenerator, KindTX, KindRX, KindScan} }

// Figure is the name of a figure, which is also its name in JSON.
type Figure string

// The figures. Not every result has every one: a figure that cannot be had is left out.
const (
	FigureNSPerProbe Figure = "ns_per_probe"        // nanoseconds per probe, generator
	FigurePPS        Figure = "pps"                 // packets per second: where they arrive for tx and scan, received for rx
	FigurePPSPerCore Figure = "pps_per_core"        // packets per second of CPU time
	FigureCPU        Figure = "cpu_ns_per_packet"   // nanoseconds of CPU time per packet
	FigureSyscalls   Figure = "syscalls_per_packet" // system calls of this process per packet
	FigureBusyCores  Figure = "busy_cores"          // cores of the machine that were busy, with whatever else ran on it
	FigureCPUShare   Figure = "cpu_share"           // share of one core that receiving kept busy, 0 to 1 or above, rx
	FigureSent       Figure = "sent"                // packets given to the kernel, tx and scan
	FigureArrived    Figure = "arrived"             // of them, those counted where they arrive
	FigureHits       Figure = "hits"                // open targets found, scan
	FigureOpen       Figure = "open"                // open targets that there are, scan
	FigureRecall     Figure = "recall"              // hits that are true by open targets, 0 to 1, scan
	FigureFalse      Figure = "false_hits"          // hits on targets that are not open, scan
	FigureTwice      Figure = "duplicates"          // hits that came twice, scan
	FigureOffered    Figure = "offered_pps"         // packets per second that the flood had for the interface, rx
	FigureMissed     Figure = "missed_pps"          // of them, those the interface's ring had no room for, rx
	FigureDropped    Figure = "dropped_pps"         // of them, those the kernel dropped behind it, for want of a reader, rx
)

// Spread is what a figure came to in several runs.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// spread wants at least one value.
func spread(values []float64) Spread {
	v := slices.Sorted(slices.Values(values))
	median := v[len(v)/2]
	if len(v)%2 == 0 {
		median = (v[len(v)/2-1] + median) / 2
	}
	return Spread{Median: median, Min: v[0], Max: v[len(v)-1]}
}

// Result is what there is to say of one case: a line of `xsweep bench --json`.
type Result struct {
	Kind      Kind   `json:"measurement"`
	Engine    string `json:"engine,omitempty"`    // tx, scan
	Method    string `json:"method,omitempty"`    // rx
	Queues    int    `json:"queues,omitempty"`    // that are sent from or received by; each has a thread
	Mode      string `json:"mode,omitempty"`      // how: "XDP native, AF_XDP copy"
	Where     string `json:"where"`               // lab, nic, or cpu for what needs no network
	Interface string `json:"interface,omitempty"` // that sends, or receives in rx
	Driver    string `json:"driver,omitempty"`    // of that
	CountedBy string `json:"counted_by,omitempty"`

	Machine

	Began   time.Time         `json:"began"`       // the first run
	Seconds float64           `json:"run_seconds"` // that one run was meant to take
	Runs    int               `json:"runs"`
	Targets uint64            `json:"targets,omitempty"` // of a run of scan
	Figures map[Figure]Spread `json:"figures"`
}

// Of returns a figure's median, and whether there is one.
func (r *Result) Of(f Figure) (median float64, ok bool) {
	s, ok := r.Figures[f]
	return s.Median, ok
}
