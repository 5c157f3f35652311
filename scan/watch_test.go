package scan

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestWatchHitRate(t *testing.T) {
	// each is a look every second from one time to another, in seconds.
	each := func(from, to int, hits uint64) (looks []Snapshot) {
		for at := from; at <= to; at++ {
			looks = append(looks, Snapshot{Elapsed: time.Duration(at) * time.Second, Probed: 1000, Hits: hits})
		}
		return looks
	}
	tests := []struct {
		name  string
		looks []Snapshot
		want  End
	}{
		{"high enough", each(1, 12, 20), ""},
		{"low from the start", each(1, 10, 0), ""},
		{"low for five seconds after the first five", each(1, 11, 0), EndLowHitRate},
		{"low, up again and low", slices.Concat(each(1, 9, 0), each(10, 10, 20), each(11, 15, 0)), ""},
		{"low, and stopped for half a minute", slices.Concat(each(1, 7, 0), each(37, 38, 0)), ""},
		{"low before a stop and after it", slices.Concat(each(1, 7, 0), each(37, 39, 0)), EndLowHitRate},
		{"stopped while that was high enough, then low", slices.Concat(each(1, 7, 20), each(37, 41, 0)), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := watch{cfg: &Config{MinHitRate: 1.5}}
			var got End
			var err error
			for i := range tt.looks {
				if got, err = w.check(&tt.looks[i]); err != nil && i < len(tt.looks)-1 {
					t.Fatalf("ends after %v: %v", tt.looks[i].Elapsed, err)
				}
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
