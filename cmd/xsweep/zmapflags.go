package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// zmapOptions are flags that command lines written for ZMap have, and that have nothing to do here. What they may be set
// to is checked as there: a script that relies on an effect must not be told that it has it.
type zmapOptions struct {
	batch              int
	retries            int
	outputArgs         string
	validateSourcePort string
	netmapWaitPing     string
}

func (o *zmapOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	f.IntVar(&o.batch, "batch", 64, "no effect, up to 65535: batches of `N` are made as the pace has it")
	f.IntVar(&o.retries, "retries", 10, "no effect: what a full ring refuses is sent when there is room, not `N` times")
	f.StringVar(&o.outputArgs, "output-args", "", "no effect: no output module takes `ARGS`")
	f.StringVar(&o.validateSourcePort, "validate-source-port", "enable", "`WHETHER` answers must come from probed ports: enable")
	f.StringVar(&o.netmapWaitPing, "netmap-wait-ping", "", "refused: there is no netmap here to wait for `ADDRESS`")
	return f
}

func (o *zmapOptions) check(*settings) error {
	switch {
	case o.batch < 1 || o.batch > 65535:
		return fmt.Errorf("--batch %d is not 1 to 65535", o.batch)
	case o.retries < 0:
		return fmt.Errorf("--retries %d is negative", o.retries)
	case o.netmapWaitPing != "":
		return errors.New("--netmap-wait-ping: there is no netmap here, and nothing to wait for: leave it out")
	}
	switch o.validateSourcePort {
	case "enable":
		return nil
	case "disable":
		return errors.New("--validate-source-port disable: the cookie covers the port, so that an answer from another one " +
			"cannot be told from a forged one")
	}
	return fmt.Errorf("--validate-source-port %q is not enable", o.validateSourcePort)
}
