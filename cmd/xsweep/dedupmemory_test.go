package main

import (
	"testing"
)

func TestSizeValue(t *testing.T) {
	for text, want := range map[string]uint64{"1": 1, "1000": 1000, "64k": 64 << 10, " 1.5M": 3 << 19, "4G": 4 << 30, "1t": 1 << 40} {
		var v, again sizeValue
		if err := v.Set(text); err != nil || uint64(v) != want {
			t.Errorf("%q is %d bytes, %v, want %d", text, v, err, want)
		}
		if err := again.Set(v.String()); err != nil || again != v {
			t.Errorf("%q is written %q, which is %d bytes, %v", text, v.String(), again, err)
		}
	}
	for _, text := range []string{"", "k", "0", "-1", "1X", "NaN", "1e30", "9999T"} {
		var v sizeValue
		if err := v.Set(text); err == nil {
			t.Errorf("%q is %d bytes, want an error", text, v)
		}
	}
}
