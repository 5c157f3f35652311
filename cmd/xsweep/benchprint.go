package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/bench"
)

// benchProgress tells on a terminal what is being measured, in a line that is written over. wipe takes it away.
func benchProgress(w io.Writer, cases int) (show func(round, rounds int, what string), wipe func()) {
	file, ok := w.(*os.File)
	if ok {
		_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
		ok = err == nil
	}
	if !ok {
		return nil, func() {}
	}
	done := 0
	show = func(round, rounds int, what string) {
		fmt.Fprintf(w, "\r\033[K%3d%% round %d of %d: %s", 100*done/(cases*rounds), round, rounds, what)
		done++
	}
	return show, func() { fmt.Fprintf(w, "\r\033[K") }
}

func printBenchJSON(w io.Writer, results []bench.Result) error {
	encoder := json.NewEncoder(w)
	for i := range results {
		if err := encoder.Encode(&results[i]); err != nil {
			return err
		}
	}
	return nil
}

// printBench prints a table for each kind, in the manner of write.
func printBench(w io.Writer, results []bench.Result, write func(table) string) error {
	var b strings.Builder
	b.WriteString(benchMachine(&results[0]) + "\n")
	for _, kind := range bench.Kinds() {
		var of []bench.Result
		for _, r := range results {
			if r.Kind == kind {
				of = append(of, r)
			}
		}
		if len(of) > 0 {
			b.WriteString("\n" + benchTitle(of) + "\n\n" + write(benchTable(kind, of)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// benchMachine is the line that all figures are to be read with.
func benchMachine(r *bench.Result) string {
	runs := "1 run"
	if r.Runs > 1 {
		runs = fmt.Sprintf("medians of %d runs in turn (least to greatest)", r.Runs)
	}
	return fmt.Sprintf("%s, %d cores, Linux %s, %s; %s, %v s each.", r.CPU, r.Cores, r.Kernel, r.Go, runs, r.Seconds)
}

// benchTitle says what the rows of a table have in common.
func benchTitle(of []bench.Result) string {
	r := &of[0]
	on := fmt.Sprintf("from %s (%s%s)", r.Interface, r.Driver, sharedMode(of))
	if r.Where == "lab" {
		on = "in the lab (" + r.Driver + sharedMode(of) + ")"
	}
	switch r.Kind {
	case bench.KindGenerator:
		return "The generator alone, on one core: next target, cookie, frame and checksums."
	case bench.KindTX:
		return fmt.Sprintf("Sending %s, counted by %s.", on, r.CountedBy)
	case bench.KindScan:
		return fmt.Sprintf("Whole scans %s: 6 %% of the targets answer, 1 %% are open.", on)
	}
	return fmt.Sprintf("Receiving on one core %s, packets of 64 bytes, in Mpps.", on)
}

// sharedMode is the mode of all results with a comma before it, or nothing where they differ.
func sharedMode(of []bench.Result) string {
	for i := range of {
		if of[i].Mode != of[0].Mode {
			return ""
		}
	}
	return ", " + of[0].Mode
}

// benchTable has the columns of a kind.
func benchTable(kind bench.Kind, of []bench.Result) table {
	columns := benchColumns(kind)
	compared := kind == bench.KindRX && len(of) > 2
	switch {
	case compared:
		columns = append(columns, column{"published", publishedCell})
	case kind != bench.KindRX && sharedMode(of) == "":
		columns = append(columns, column{"mode", func(r *bench.Result) string { return r.Mode }})
	}
	t := table{}
	for _, c := range columns {
		t.header = append(t.header, c.title)
	}
	for i := range of {
		var row []string
		for _, c := range columns {
			row = append(row, c.cell(&of[i]))
		}
		t.rows = append(t.rows, row)
	}
	if compared {
		t.rows = append(t.rows, publishedRows(len(t.header))...)
		t.note = "Published: " + bench.PublishedSource + "."
	}
	return t
}

// publishedRows are the published figures that none of our methods stands beside.
func publishedRows(columns int) (rows [][]string) {
	for _, p := range bench.PublishedRX() {
		if p.Method == "" {
			row := make([]string, columns)
			row[0], row[len(row)-1] = p.What, fmt.Sprintf("%.2f", p.Mpps)
			rows = append(rows, row)
		}
	}
	return rows
}

// column is a column of a table.
type column struct {
	title string
	cell  func(*bench.Result) string
}

func benchColumns(kind bench.Kind) []column {
	engine := column{"engine", func(r *bench.Result) string { return r.Engine }}
	queues := column{"queues", func(r *bench.Result) string { return fmt.Sprint(r.Queues) }}
	perCore := median("Mpps/core", bench.FigurePPSPerCore, 1e-6)
	cpu := median("CPU ns/packet", bench.FigureCPU, 1)
	syscalls := column{"syscalls/packet", syscallsCell}
	switch kind {
	case bench.KindGenerator:
		return []column{spreadOf("ns/probe", bench.FigureNSPerProbe, 1), {"M probes/s", func(r *bench.Result) string {
			ns, _ := r.Of(bench.FigureNSPerProbe)
			return number(1e3 / ns)
		}}}
	case bench.KindTX:
		return []column{engine, queues, spreadOf("Mpps", bench.FigurePPS, 1e-6), perCore, cpu, syscalls,
			median("busy cores", bench.FigureBusyCores, 1), {"lost", lostCell}}
	case bench.KindScan:
		targets := column{"targets", func(r *bench.Result) string { return fmt.Sprint(r.Targets) }}
		return []column{engine, queues, targets, spreadOf("Mpps", bench.FigurePPS, 1e-6), perCore, cpu, syscalls,
			{"recall", recallCell}, greatest("false", bench.FigureFalse), greatest("twice", bench.FigureTwice), {"lost", lostCell}}
	}
	return []column{{"received by", func(r *bench.Result) string { return r.Mode }}, spreadOf("received", bench.FigurePPS, 1e-6),
		median("per core", bench.FigurePPSPerCore, 1e-6), median("of a core", bench.FigureCPUShare, 1), cpu,
		median("offered", bench.FigureOffered, 1e-6), median("missed", bench.FigureMissed, 1e-6),
		median("dropped", bench.FigureDropped, 1e-6)}
}

func median(title string, f bench.Figure, factor float64) column {
	return column{title, func(r *bench.Result) string {
		if v, ok := r.Of(f); ok {
			return number(factor * v)
		}
		return "-"
	}}
}

// spreadOf is a median with the least and the greatest value.
func spreadOf(title string, f bench.Figure, factor float64) column {
	return column{title, func(r *bench.Result) string {
		s, ok := r.Figures[f]
		switch {
		case !ok:
			return "-"
		case r.Runs == 1:
			return number(factor * s.Median)
		}
		return fmt.Sprintf("%s (%s to %s)", number(factor*s.Median), number(factor*s.Min), number(factor*s.Max))
	}}
}

// greatest is for what should be 0 each time.
func greatest(title string, f bench.Figure) column {
	return column{title, func(r *bench.Result) string { return fmt.Sprintf("%.0f", r.Figures[f].Max) }}
}

// recallCell is the least recall: all digits that it takes to see that it is not 1.
func recallCell(r *bench.Result) string {
	if least := r.Figures[bench.FigureRecall].Min; least < 1 {
		return fmt.Sprintf("%.6f", least)
	}
	return "1"
}

// lostCell is what did not arrive, of the median run; it is not known where nobody counts what arrives.
func lostCell(r *bench.Result) string {
	sent, _ := r.Of(bench.FigureSent)
	arrived, _ := r.Of(bench.FigureArrived)
	if strings.Contains(r.CountedBy, "nobody") || sent == 0 {
		return "?"
	}
	if lost := max(sent-arrived, 0); lost > 0 {
		return fmt.Sprintf("%.2g %%", 100*lost/sent)
	}
	return "0"
}

func syscallsCell(r *bench.Result) string {
	switch n, ok := r.Of(bench.FigureSyscalls); {
	case !ok:
		return "-"
	case n < 0.5 && n > 0:
		return fmt.Sprintf("1/%.0f", 1/n)
	default:
		return number(n)
	}
}

func publishedCell(r *bench.Result) string {
	for _, p := range bench.PublishedRX() {
		if p.Method == r.Method {
			return fmt.Sprintf("%.2f", p.Mpps)
		}
	}
	return ""
}

// number has three digits that mean something: 0.0123, 1.23, 12.3, 1234.
func number(v float64) string {
	if v == 0 || math.IsNaN(v) {
		return "0"
	}
	digits := min(max(2-int(math.Floor(math.Log10(math.Abs(v)))), 0), 4)
	text := fmt.Sprintf("%.*f", digits, v)
	if strings.Contains(text, ".") && v == math.Trunc(v) {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
