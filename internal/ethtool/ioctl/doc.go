// Package ioctl hands structs of linux/ethtool.h to the kernel: the questions of package ethtool, and what the lab sets on
// interfaces of its own.
//
// Packages that do this hand the kernel the address of a variable as a number, through a function call that may move the
// stack that the variable is on. Here it is one function, and the rest reads and writes bytes.
package ioctl
