package main

import (
	"fmt"
	"image/color"
	"math"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// panel is one of the plots, one above the other, that make up the picture.
type panel struct {
	title string
	label string // of the vertical axis
	value func(*summary) float64
}

func panels() []panel {
	return []panel{
		{"Open targets missed", "of 1,000", func(s *summary) float64 { return 1000 * (1 - s.recall()) }},
		{"Duplicates", "of 1,000 rows", func(s *summary) float64 {
			return share(1000*float64(s.duplicates), float64(s.rows()))
		}},
		{"False positives", "of 1,000 rows", func(s *summary) float64 {
			return share(1000*float64(s.untrue), float64(s.rows()))
		}},
	}
}

// drawRecall writes the curves of the recall test as a PNG: what goes wrong, against the rate at which probes arrived.
func drawRecall(path string, records []record) error {
	const width, height, dpi = 8 * vg.Inch, 9 * vg.Inch, 120
	of := summarize(records, "recall")
	if len(of) == 0 {
		return fmt.Errorf("draw %s: no records of the recall test", path)
	}
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	var rows [][]*plot.Plot
	for i, p := range panels() {
		drawn, err := drawPanel(p, of, i == 0)
		if err != nil {
			return fmt.Errorf("draw %s: %w", path, err)
		}
		rows = append(rows, []*plot.Plot{drawn})
	}
	tiles := draw.Tiles{
		Rows: len(rows), Cols: 1, PadX: vg.Points(6), PadY: vg.Points(14),
		PadTop: vg.Points(8), PadBottom: vg.Points(8), PadLeft: vg.Points(8), PadRight: vg.Points(14),
	}
	for i, row := range plot.Align(rows, tiles, draw.New(canvas)) {
		rows[i][0].Draw(row[0])
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(f); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

// drawPanel draws one measure of all contenders.
func drawPanel(p panel, of []summary, legend bool) (*plot.Plot, error) {
	drawn := plot.New()
	drawn.Title.Text = p.title
	drawn.Y.Label.Text = p.label
	drawn.X.Label.Text = "probes per second that arrived"
	drawn.X.Scale = plot.LogScale{}
	drawn.X.Tick.Marker = rateTicks{}
	drawn.Add(plotter.NewGrid())
	for i, name := range contendersOf(of) {
		line, points, err := plotter.NewLinePoints(curve(of, name, p.value))
		if err != nil {
			return nil, err
		}
		line.Color, points.Color = plotutil.Color(i), plotutil.Color(i)
		line.Width, line.Dashes = vg.Points(1.5), plotutil.Dashes(i)
		points.Shape, points.Radius = plotutil.Shape(i), vg.Points(4)
		drawn.Add(line, points)
		if legend {
			drawn.Legend.Add(name, line, points)
		}
	}
	drawn.Legend.Top, drawn.Legend.Left = true, true
	drawn.X.Min, drawn.X.Max = rateRange(of)
	drawn.Y.Min = 0
	drawn.Y.Max = math.Max(1, drawn.Y.Max*1.1) // a flat line is at the bottom, not in the middle
	return drawn, nil
}

// curve is a contender's points.
func curve(of []summary, name string, value func(*summary) float64) plotter.XYs {
	var points plotter.XYs
	for i := range of {
		if of[i].contender == name {
			points = append(points, plotter.XY{X: of[i].median, Y: value(&of[i])})
		}
	}
	return points
}

// rateRange is the range of rates, with a margin.
func rateRange(of []summary) (low, high float64) {
	low, high = math.Inf(1), 0
	for i := range of {
		low, high = min(low, of[i].median), max(high, of[i].median)
	}
	return low / 1.2, high * 1.2
}

// rateTicks marks 1, 2 and 5 of each power of ten.
type rateTicks struct{}

// Ticks implements [plot.Ticker].
func (rateTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
		for _, digit := range []float64{1, 2, 5} {
			if at := digit * power; at >= low && at <= high {
				ticks = append(ticks, plot.Tick{Value: at, Label: rateLabel(at)})
			}
		}
	}
	return ticks
}

// rateLabel writes 200,000 as 200k and 5,000,000 as 5M.
func rateLabel(pps float64) string {
	switch {
	case pps >= 1e6:
		return fmt.Sprintf("%gM", pps/1e6)
	case pps >= 1e3:
		return fmt.Sprintf("%gk", pps/1e3)
	}
	return fmt.Sprintf("%g", pps)
}
