package main

import (
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/plot"
)

func TestDrawRecall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recall.png")
	if err := drawRecall(path, nil); err == nil {
		t.Error("drawRecall of no records: no error")
	}
	records := []record{testRecord("recall", "zmap", 100_000, 20), testRecord("recall", "zmap", 0, 2)}
	if err := drawRecall(path, records); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 960 || size.Y != 1080 {
		t.Errorf("picture is %v, want 960 by 1080 pixels", size)
	}
}

// TestCurveIsOfWhatArrived has the achieved rate on the horizontal axis, not the one that was asked for.
func TestCurveIsOfWhatArrived(t *testing.T) {
	of := summarize([]record{testRecord("recall", "zmap", 1_000_000, 4)}, "recall") // 0.5 Mpps
	missed := panels()[0].value
	points := curve(of, "zmap", missed)
	if len(points) != 1 || points[0].X != 500_000 || points[0].Y < 0.001999 || points[0].Y > 0.002001 {
		t.Errorf("curve = %v, want one point, 500000 and 0.002", points)
	}
}

// TestCurveHasNothing draws what a logarithmic axis has no place for.
func TestCurveHasNothing(t *testing.T) {
	of := summarize([]record{testRecord("recall", "zmap", 0, 4), testRecord("recall", "zmap", 0, 4)}, "recall")
	points := curve(of, "zmap", func(*summary) float64 { return 0 })
	if len(points) != 1 || points[0].Y != nothing {
		t.Errorf("curve = %v, want one point at %v", points, nothing)
	}
}

func TestRateTicks(t *testing.T) {
	got := rateTicks{}.Ticks(90_000, 2_500_000)
	want := []plot.Tick{
		{Value: 100_000, Label: "100k"}, {Value: 200_000, Label: "200k"}, {Value: 500_000, Label: "500k"},
		{Value: 1_000_000, Label: "1M"}, {Value: 2_000_000, Label: "2M"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("ticks = %v, want %v", got, want)
	}
}
