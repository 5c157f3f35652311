// Package conffile reads configuration files in ZMap's syntax, which is that of gengetopt: an option a line, by its long
// name without dashes.
//
//	# a remark
//	rate 10000
//	blocklist-file "/etc/xsweep/blocklist.conf"   # blanks, quotes and number signs need quotes
//	output-module=csv
//	quiet
//
// It knows neither which options there are nor what their values mean.
package conffile
