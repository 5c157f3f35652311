package main

import (
	"fmt"
	"strconv"
	"strings"
)

// sizeValue is a flag for a size in bytes: a number that may be a fraction and may end in k, M, G or T (2^10, 2^20, 2^30,
// 2^40, either case). It is 0 unless it was given.
type sizeValue uint64

func (v *sizeValue) Set(text string) error {
	digits, unit := strings.TrimSpace(text), 1.0
	if digits != "" {
		if at := strings.IndexByte("kmgt", digits[len(digits)-1]|0x20); at >= 0 {
			unit = float64(uint64(1) << (10 * (at + 1)))
			digits = digits[:len(digits)-1]
		}
	}
	const most = 1 << 50
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(n > 0 && n*unit <= most) {
		return fmt.Errorf("%q is not a size in bytes, such as 512M or 4G", text)
	}
	*v = sizeValue(n * unit)
	return nil
}

func (v *sizeValue) String() string {
	if *v == 0 {
		return ""
	}
	n, units := uint64(*v), ""
	for _, unit := range []string{"k", "M", "G", "T"} {
		if n%1024 > 0 {
			break
		}
		n, units = n/1024, unit
	}
	return strconv.FormatUint(n, 10) + units
}

func (v *sizeValue) Type() string { return "SIZE" }
