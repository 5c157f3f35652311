package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/xsweep/xsweep/packet"
)

// defaultProbeArgs is what --probe-args is unless given.
const defaultProbeArgs = "smallest-probes"

// probeArgs is what --probe-args says.
type probeArgs struct {
	profile packet.Profile

	rtt   bool // measure round trips
	ja4ts bool // take the fingerprints of SYN-ACKs
	ja4t  bool // and of our own SYN
}

// parseProbeArgs reads ZMap's list for TCP SYN scans: at most one profile of TCP options, and what to find out besides.
// rtt takes a profile with timestamps, and brings linux along where none is named.
func parseProbeArgs(text string) (args probeArgs, err error) {
	named := ""
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if wanted := args.finding(item); wanted != nil {
			*wanted = true
			continue
		}
		if args.profile, err = packet.ParseProfile(item); err != nil {
			return args, fmt.Errorf("%q is none of smallest-probes, windows, linux and bsd, or of rtt, ja4ts and ja4t", item)
		}
		if named != "" {
			return args, fmt.Errorf("two option profiles, %s and %s", named, item)
		}
		named = item
	}
	switch {
	case !args.rtt:
	case named == "":
		args.profile = packet.Linux
	case args.profile != packet.Linux && args.profile != packet.BSD:
		return args, errors.New("rtt takes the time from TCP timestamps: with linux or bsd, not with " + named)
	}
	return args, nil
}

// finding is where it is noted that a field is asked for; nil for fields that need not be.
func (a *probeArgs) finding(name string) *bool {
	switch name {
	case "rtt":
		return &a.rtt
	case "ja4ts":
		return &a.ja4ts
	case "ja4t":
		return &a.ja4t
	}
	return nil
}

// warn tells, as ZMap does, of fields that are named and will be empty, and of what is found out and not written.
func (a *probeArgs) warn(fields string, log *slog.Logger) {
	names := strings.FieldsFunc(fields, func(r rune) bool { return strings.ContainsRune(", \t", r) })
	for _, name := range []string{"rtt", "ja4ts", "ja4t"} {
		wanted, isNamed := *a.finding(name), slices.Contains(names, name)
		switch {
		case isNamed && !wanted:
			log.Warn(fmt.Sprintf("field %s will be empty: add %s to --probe-args", name, name))
		case wanted && !isNamed && !slices.Contains(names, "*"):
			log.Warn(fmt.Sprintf("%s is in --probe-args, but not written: add %s to --output-fields", name, name))
		}
	}
}
