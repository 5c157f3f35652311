// Package ethtool reads the settings and statistics of a network interface that its driver keeps, as ethtool(8) shows
// them. It changes nothing: there is no function that sets anything.
//
// What it reads comes by ioctl. Of these questions the newer netlink interface lacks the statistics of drivers, and before
// Linux 6.2 RSS. Nothing here needs a privilege.
package ethtool
