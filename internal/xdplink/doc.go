// Package xdplink attaches XDP programs to interfaces, and says whose program is there already.
//
// A program is attached by bpf_link, which the kernel removes with the process, however that process dies. An XDP
// program of another owner is an error that names it, unless the caller asks to take its place.
package xdplink
