package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/scan"
)

// stopOptions are the flags that end a scan which goes wrong.
type stopOptions struct {
	minHitRate      float64
	maxSendFailures int64
}

func (o *stopOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	f.Float64Var(&o.minHitRate, "min-hitrate", 0,
		"give up when fewer than `PERCENT` of the targets have answered for 5 seconds, from the fifth on")
	f.Int64Var(&o.maxSendFailures, "max-sendto-failures", -1, "give up after more than `N` send failures; -1 is never")
	return f
}

func (o *stopOptions) configure(cfg *scan.Config) error {
	if !(o.minHitRate >= 0 && o.minHitRate <= 100) { // written so that NaN fails
		return fmt.Errorf("--min-hitrate %v is not 0 to 100 percent", o.minHitRate)
	}
	if o.maxSendFailures < -1 {
		return fmt.Errorf("--max-sendto-failures %d is neither a number of failures nor -1, which is never", o.maxSendFailures)
	}
	cfg.MinHitRate = o.minHitRate
	if o.maxSendFailures >= 0 {
		cfg.LimitSendFailures, cfg.MaxSendFailures = true, uint64(o.maxSendFailures)
	}
	return nil
}
