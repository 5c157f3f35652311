package main

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"os"
	"slices"

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
	value func(*summary) float64 // a share
}

func panels() []panel {
	return []panel{
		{"Open targets missed", func(s *summary) float64 { return 1 - s.recall() }},
		{"Duplicates among the rows", func(s *summary) float64 { return share(float64(s.duplicates), float64(s.rows())) }},
		{"False positives among the rows", func(s *summary) float64 { return share(float64(s.untrue), float64(s.rows())) }},
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
	if err := drawPanels(draw.New(canvas), of); err != nil {
		return fmt.Errorf("draw %s: %w", path, err)
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

// drawPanels draws the legend, and the panels under it, aligned.
func drawPanels(canvas draw.Canvas, of []summary) error {
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding = true, true, vg.Points(3)
	var rows [][]*plot.Plot
	for i, p := range panels() {
		drawn, err := drawPanel(p, of)
		if err != nil {
			return err
		}
		if i == 0 {
			addNames(&legend, of)
		}
		rows = append(rows, []*plot.Plot{drawn})
	}
	const margin = 10
	strip := legend.Rectangle(canvas).Size().Y + vg.Points(2*margin)
	legend.Draw(draw.Crop(canvas, vg.Points(8*margin), 0, 0, vg.Points(-margin)))
	tiles := draw.Tiles{
		Rows: len(rows), Cols: 1, PadY: vg.Points(margin), PadTop: strip,
		PadBottom: vg.Points(margin), PadLeft: vg.Points(margin), PadRight: vg.Points(2 * margin),
	}
	for i, row := range plot.Align(rows, tiles, canvas) {
		rows[i][0].Draw(row[0])
	}
	return nil
}

// addNames adds the contenders to a legend, with their lines as [drawPanel] has them.
func addNames(legend *plot.Legend, of []summary) {
	for i, name := range contendersOf(of) {
		line, points := &plotter.Line{LineStyle: lineOf(i)}, &plotter.Scatter{GlyphStyle: glyphOf(i)}
		legend.Add(name, line, points)
	}
}

func lineOf(i int) draw.LineStyle {
	return draw.LineStyle{Color: plotutil.Color(i), Width: vg.Points(1.5), Dashes: plotutil.Dashes(i)}
}

func glyphOf(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: plotutil.Color(i), Shape: plotutil.Shape(i), Radius: vg.Points(4)}
}

// drawPanel draws one measure of all contenders. Both axes are logarithmic; a share of nothing, which such an axis has no
// place for, is drawn at its lower end.
func drawPanel(p panel, of []summary) (*plot.Plot, error) {
	drawn := plot.New()
	drawn.Title.Text = p.title
	drawn.Y.Label.Text = "share"
	drawn.X.Label.Text = "rate of arrival, probes per second"
	drawn.X.Scale, drawn.Y.Scale = plot.LogScale{}, plot.LogScale{}
	drawn.X.Tick.Marker, drawn.Y.Tick.Marker = rateTicks{}, plot.ConstantTicks(shareTicks())
	drawn.Add(plotter.NewGrid())
	for i, name := range contendersOf(of) {
		line, points, err := plotter.NewLinePoints(curve(of, name, p.value))
		if err != nil {
			return nil, err
		}
		line.LineStyle, points.GlyphStyle = lineOf(i), glyphOf(i)
		drawn.Add(line, points)
	}
	drawn.X.Min, drawn.X.Max = rateRange(of)
	drawn.Y.Min, drawn.Y.Max = nothing/2, 1
	return drawn, nil
}

// nothing is where a share of nothing is drawn: lower than one in all the open targets of the runs of a measurement.
const nothing = 1e-6

func shareTicks() []plot.Tick {
	return []plot.Tick{
		{Value: nothing, Label: "none"}, {Value: 1e-4, Label: "0.01 %"}, {Value: 1e-3, Label: "0.1 %"}, {Value: 1e-2, Label: "1 %"},
		{Value: 1e-1, Label: "10 %"}, {Value: 1, Label: "100 %"},
	}
}

// curve is a contender's points, by rate.
func curve(of []summary, name string, value func(*summary) float64) plotter.XYs {
	var points plotter.XYs
	for i := range of {
		if of[i].contender == name {
			points = append(points, plotter.XY{X: of[i].median, Y: max(value(&of[i]), nothing)})
		}
	}
	slices.SortFunc(points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
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
