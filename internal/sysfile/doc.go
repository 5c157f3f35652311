// Package sysfile reads what Linux tells in small files of /proc and /sys: a text, a number, and which control groups the
// process is in. The file system is given, so that tests may have their own.
package sysfile
