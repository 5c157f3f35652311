package main

import (
	"slices"
	"testing"
	"time"
)

// TestInterruptions: only one that comes long after the second one cuts off.
func TestInterruptions(t *testing.T) {
	tests := []struct {
		name string
		at   []float64 // seconds
		want []interruption
	}{
		{"once", []float64{0}, []interruption{stopProbing}},
		{"twice, however late", []float64{0, 3600}, []interruption{stopProbing, leave}},
		{"impatience", []float64{0, 0.1, 0.2, 0.3, 5.09}, []interruption{stopProbing, leave, tooEarly, ignored, ignored}},
		{"impatience to the end", []float64{0, 0.1, 0.2, 5.1}, []interruption{stopProbing, leave, tooEarly, giveUp}},
		{"patience", []float64{0, 0.1, 60}, []interruption{stopProbing, leave, giveUp}},
		{"time is counted from the second one", []float64{0, 10, 11, 14.9, 15}, []interruption{stopProbing, leave, tooEarly, ignored, giveUp}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var i interruptions
			var got []interruption
			began := time.Now()
			for _, at := range tt.at {
				got = append(got, i.next(began.Add(seconds(at))))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("signals at %v mean %v, want %v", tt.at, got, tt.want)
			}
		})
	}
	i, began := interruptions{}, time.Now()
	i.next(began)
	i.next(began)
	const want = "interrupted again: the output is still being written; once more, after 4 seconds, gives that up"
	if got := i.refusal(began.Add(seconds(1.5)), new(writing).String()); got != want {
		t.Errorf("the third one says %q, want %q", got, want)
	}
}
