package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/xsweep/xsweep/packet"
)

// bandwidthValue is a flag for bits per second, written as a rate is: 1.5G, 10M, 500k. The zero value is for none given.
type bandwidthValue struct{ bits rateValue }

func (b *bandwidthValue) Set(text string) error {
	var bits rateValue
	if err := bits.Set(text); err != nil || bits == 0 {
		return fmt.Errorf("%q is not a bandwidth in bits per second, such as 10M or 1.5G", text)
	}
	b.bits = bits
	return nil
}

func (b *bandwidthValue) String() string { return b.bits.String() }

func (b *bandwidthValue) Type() string { return "BPS" }

// parsePace turns --bandwidth into --rate. A probe counts with all the time that it takes on the wire, so that the
// bandwidth of a link is what fills it.
func (o *options) parsePace(s *settings) error {
	if err := o.cores.check(); err != nil {
		return fmt.Errorf("--cores: %w", err)
	}
	s.scan.Cores, s.scan.NoBackoff = o.cores, o.noBackoff
	if o.bandwidth.bits == 0 {
		return nil
	}
	if o.origins.has("rate") && o.origins.has("bandwidth") {
		return errors.New("--rate (-r) and --bandwidth (-B) both say how fast to send: give one of them")
	}
	probe, err := packet.NewTemplate(s.scan.Link)
	if err != nil {
		return err
	}
	o.rate = wholeRate(o.bandwidth.bits / rateValue(8*probe.WireLen()))
	return nil
}

// wholeRate cuts what is behind the point, as ZMap does: readers of its metadata take the rate for a whole number. Of a
// rate below one, which would be none at all, nothing is cut.
func wholeRate(r rateValue) rateValue {
	if r < 1 {
		return r
	}
	return rateValue(math.Floor(float64(r)))
}
