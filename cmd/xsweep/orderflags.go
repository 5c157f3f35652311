package main

import (
	"math/rand/v2"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/scan"
)

// orderOptions are the flags that say in which order targets are probed, and how many of them by this process: those of
// a scan and of iterate.
type orderOptions struct {
	seed       uint64
	shards     numberValue
	shard      numberValue
	maxTargets countValue
}

func (o *orderOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	o.shards = numberValue{n: 1, least: 1}
	f.VarP(&o.maxTargets, "max-targets", "n", "probe so many targets at most, or a share of them")
	f.Uint64VarP(&o.seed, "seed", "e", 0, "let `NUMBER` decide the order of targets (default random)")
	f.Var(&o.shards, "shards", "cut the scan into `N` parts of equal size; needs --shard and --seed")
	f.Var(&o.shard, "shard", "probe part `I` of them, from 0")
	return f
}

// configure fills cfg, but for the number of targets.
func (o *orderOptions) configure(cmd *cobra.Command, cfg *scan.Config) error {
	isGiven := cmd.Flags().Changed
	switch {
	case o.shards.n > 1 && !isGiven("shard"):
		return usagef(cmd, "--shards %d needs --shard, the part to probe: 0 to %d", o.shards.n, o.shards.n-1)
	case o.shards.n > 1 && !isGiven("seed"):
		return usagef(cmd, "--shards %d needs --seed, the same number for all of them", o.shards.n)
	case o.shard.n >= o.shards.n:
		return usagef(cmd, "--shard %d of %d is not 0 to %d: shards are counted from 0", o.shard.n, o.shards.n, o.shards.n-1)
	}
	cfg.Seed, cfg.Shards, cfg.Shard = o.seed, o.shards.n, o.shard.n
	if !isGiven("seed") {
		cfg.Seed = rand.Uint64()
	}
	return nil
}

// limit fills the number of targets to stop after into cfg, once that has its targets.
func (o *orderOptions) limit(cfg *scan.Config) error {
	total, err := cfg.NumTargets()
	if err != nil {
		return err
	}
	cfg.MaxTargets = o.maxTargets.of(total)
	return nil
}
