package bench

import "github.com/xsweep/xsweep/scan"

// An Engine is a way to transmit, by the name that --engine has for it.
type Engine struct {
	Name   string
	choose func(*scan.Config)
}

// Engines lists those that can be measured.
func Engines() []Engine {
	return []Engine{
		{"xsk", func(*scan.Config) {}},
	}
}
