package scan

import (
	"errors"
	"testing"
	"time"
)

func TestWatchHitRate(t *testing.T) {
	at := func(seconds float64, hits uint64) Snapshot {
		return Snapshot{Elapsed: time.Duration(seconds * float64(time.Second)), Probed: 1000, Hits: hits}
	}
	tests := []struct {
		name  string
		looks []Snapshot
		want  End
	}{
		{"high enough", []Snapshot{at(6, 20), at(12, 20)}, ""},
		{"low from the start", []Snapshot{at(1, 0), at(6, 0), at(10.9, 0)}, ""},
		{"low for five seconds after the first five", []Snapshot{at(1, 0), at(6, 0), at(11, 0)}, EndLowHitRate},
		{"low, up again and low", []Snapshot{at(6, 0), at(10, 20), at(11, 0), at(15, 0)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := watch{cfg: &Config{MinHitRate: 1.5}}
			var got End
			var err error
			for i := range tt.looks {
				got, err = w.check(&tt.looks[i])
			}
			if got != tt.want || errors.Is(err, ErrLowHitRate) != (tt.want != "") {
				t.Errorf("ends because %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestWatchSendFailures(t *testing.T) {
	failed := Snapshot{Losses: Losses{SendDropped: 2, SendInvalid: 1, WaitedForDevice: 1}}
	tests := []struct {
		name string
		cfg  Config
		want End
	}{
		{"no limit", Config{}, ""},
		{"as many as allowed", Config{LimitSendFailures: true, MaxSendFailures: 4}, ""},
		{"one more", Config{LimitSendFailures: true, MaxSendFailures: 3}, EndSendFailures},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := watch{cfg: &tt.cfg}
			got, err := w.check(&failed)
			if got != tt.want || errors.Is(err, ErrSendFailures) != (tt.want != "") {
				t.Errorf("ends because %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}
