// Package ethtool reads the settings and statistics of a network interface that its driver keeps, as ethtool(8) shows
// them. It changes nothing: there is no function that sets anything.
//
// What it reads comes by ioctl. Of these questions the newer netlink interface lacks the statistics of drivers, and before
// Linux 6.2 RSS. Nothing here needs a privilege.
//
// Packages that do this hand the kernel the address of a variable as a number, through a function call that may move the
// stack that the variable is on. Here it is one function, in ioctl_unsafe.go, and the rest reads bytes.
package ethtool
