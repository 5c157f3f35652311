package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// rateValue is a flag for packets per second: a number that may be a fraction and may end in k, M or G (10^3, 10^6,
// 10^9, either case).
type rateValue float64

const maxRate = 1e12

func (r *rateValue) Set(text string) error {
	digits, unit := strings.TrimSpace(text), 1.0
	if digits != "" {
		switch digits[len(digits)-1] {
		case 'k', 'K':
			unit = 1e3
		case 'm', 'M':
			unit = 1e6
		case 'g', 'G':
			unit = 1e9
		}
		if unit > 1 {
			digits = digits[:len(digits)-1]
		}
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(n) || n < 0 || n*unit > maxRate {
		return fmt.Errorf("%q is not a rate in packets per second, such as 10000, 100k or 1.5M (0: no limit)", text)
	}
	*r = rateValue(n * unit)
	return nil
}

func (r *rateValue) String() string {
	switch f := float64(*r); {
	case f >= 1e6 && math.Mod(f, 1e5) == 0:
		return strconv.FormatFloat(f/1e6, 'f', -1, 64) + "M"
	case f >= 1e3 && math.Mod(f, 1e2) == 0:
		return strconv.FormatFloat(f/1e3, 'f', -1, 64) + "k"
	default:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
}

func (r *rateValue) Type() string { return "PPS" }

// countValue is a flag for a number of targets, or a percentage of them.
type countValue struct {
	count   uint64
	percent float64 // where isPercent
	isShare bool
}

func (c *countValue) Set(text string) error {
	text = strings.TrimSpace(text)
	if share, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(share, 64)
		if err != nil || math.IsNaN(p) || p < 0 || p > 100 {
			return fmt.Errorf("%q is not a percentage from 0%% to 100%%", text)
		}
		*c = countValue{percent: p, isShare: true}
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is neither a number of targets nor a percentage", text)
	}
	*c = countValue{count: n}
	return nil
}

func (c *countValue) String() string {
	if c.isShare {
		return strconv.FormatFloat(c.percent, 'f', -1, 64) + "%"
	}
	return strconv.FormatUint(c.count, 10)
}

func (c *countValue) Type() string { return "N|N%" }

// of is the number of targets meant, of total; 0 means all of them. A percentage rounds down, to one at least.
func (c *countValue) of(total uint64) uint64 {
	if !c.isShare {
		return c.count
	}
	if c.percent == 0 {
		return 0
	}
	return max(1, uint64(float64(total)*c.percent/100))
}

// numberValue is a flag for a whole number of 32 bits.
type numberValue struct{ n, least uint32 }

func (v *numberValue) Set(text string) error {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil || uint32(n) < v.least {
		return fmt.Errorf("%q is not a number from %d to %d", text, v.least, uint32(math.MaxUint32))
	}
	v.n = uint32(n)
	return nil
}

func (v *numberValue) String() string { return strconv.FormatUint(uint64(v.n), 10) }

func (v *numberValue) Type() string { return "N" }

// secondsValue is a flag for a time in seconds, which may be a fraction.
type secondsValue time.Duration

func (v *secondsValue) Set(text string) error {
	s, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(s >= 0 && s <= maxSeconds) {
		return fmt.Errorf("%q is not a number of seconds from 0 to %.0f", text, maxSeconds)
	}
	*v = secondsValue(s * float64(time.Second))
	return nil
}

const maxSeconds = 1e9 // 32 years; a duration holds 292

func (v *secondsValue) String() string {
	return strconv.FormatFloat(time.Duration(*v).Seconds(), 'f', -1, 64)
}

func (v *secondsValue) Type() string { return "SECONDS" }
