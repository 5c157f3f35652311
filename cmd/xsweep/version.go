package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is set by the linker (make build) to what git describe says.
var release = ""

func version() string {
	v := release
	if v == "" {
		v = "development"
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
			v = info.Main.Version
		}
	}
	return fmt.Sprintf("xsweep %s (%s, %s/%s)", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
