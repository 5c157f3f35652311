package bench

import "github.com/xsweep/xsweep/scan"

// Engines lists the ways to transmit that are measured.
func Engines() []scan.Engine {
	return []scan.Engine{
		scan.EngineXSK,
		scan.EngineXDP,
	}
}
