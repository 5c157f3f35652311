// Package kernelside is the kernel's end of an AF_XDP ring, over memory that xsk has the other end of, for tests. It is
// written as plainly as can be: no cached indices, one slot at a time, nothing in common with the rings of xsk but the
// layout.
package kernelside
