package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xsweep/xsweep/packet"
)

// defaultProbeArgs is what --probe-args is unless given.
const defaultProbeArgs = "smallest-probes"

// parseProbeArgs reads ZMap's list for TCP SYN scans: at most one profile of TCP options, and what to find out besides.
// rtt takes a profile with timestamps, and brings linux along where none is named.
func parseProbeArgs(text string) (profile packet.Profile, rtt bool, err error) {
	named := ""
	for item := range strings.SplitSeq(text, ",") {
		switch item = strings.TrimSpace(item); item {
		case "rtt":
			rtt = true
			continue
		case "ja4ts", "ja4t":
			return 0, false, fmt.Errorf("%s is not supported yet", item)
		}
		if named != "" {
			return 0, false, fmt.Errorf("two option profiles, %s and %s", named, item)
		}
		if profile, err = packet.ParseProfile(item); err != nil {
			return 0, false, err
		}
		named = item
	}
	switch {
	case !rtt:
		return profile, false, nil
	case named == "":
		return packet.Linux, true, nil
	case profile != packet.Linux && profile != packet.BSD:
		return 0, false, errors.New("rtt takes the time from TCP timestamps: with linux or bsd, not with " + named)
	}
	return profile, true, nil
}
