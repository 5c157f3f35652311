package main

// zmapDiff is a place where xsweep differs from ZMap on purpose.
type zmapDiff struct{ topic, zmap, xsweep string }

// zmapDiffs is the table of `xsweep help zmap`. docs/zmap.md has it, too.
func zmapDiffs() []zmapDiff {
	return []zmapDiff{
		{"TCP options of a probe", "windows",
			"smallest-probes: the frame stays the shortest there is. --probe-args windows sends ZMap's"},
		{"accepted connections", "the kernel resets them", "xsweep resets them, once each; --rst kernel has the kernel do it, none leaves them to LZR"},
		{"-r 0", "one thread that sends packet by packet", "no limit"},
		{"-r together with -B", "an error", "an error that says so; in a file either gives way to the other on the command line"},
		{"-B", "whole numbers", "fractions, too: -B 1.5G"},
		{"-n 10%", "of 2^32 addresses times ports", "of the targets of the scan"},
		{"special-purpose networks", "left out by the blocklist of /etc/zmap", "left out by the program, unless --allow-special is given"},
		{"more than a /8", "is scanned", "wants --blocklist-file, or --no-blocklist said aloud"},
		{"-b", "read once", "read again on SIGHUP: who asks to be left out is, while the scan runs"},
		{"-I", "intersected with -w, and walks all of IPv4", "joined with -w and TARGETS; costs what its length does"},
		{"lists", "addresses and networks", "ranges (a-b), compressed files and - for standard input, too; --targets-file takes address and port"},
		{"repeated ports", "probed as often as named", "probed once"},
		{"more than 256 ports", "walks in a short circle for ever", "every target once"},
		{"shards", "need the same -T everywhere", "depend on seed and targets only; a scan-id tells which belong together. The order is not ZMap's: do not mix shards of both"},
		{"-P", "back to back", "likewise, or --probe-interval apart"},
		{"gateway", "its address must be in the ARP cache", "asked for by ARP; hosts on the link are scanned as well"},
		{"dry run", "needs interface and gateway", "needs nothing, not even root, and writes no files: -m and -u are answered by a warning"},
		{"-o results.json", "CSV, whatever the name", "JSON: the name gives the format (.json, .parquet), unless -O does, and the compression (.gz, .zst)"},
		{"filter: fields that are null", "numbers count as 0; words crash it", "only != is true of them: !(tcpopt_mss >= 536) keeps those without an MSS, tcpopt_mss < 536 does not"},
		{"IP checksum", "wrong in about 1 of 50,000 probes", "right"},
		{"ICMP answers", "without the port", "with the port of the probe"},
		{"ja4ts, ja4t", "nothing for no options; the end of the options once", "00, and each of them, as in FoxIO's lists: macOS is 65535_2-1-3-1-1-8-4-0-0_1460_6"},
		{"repeat", "depends on --dedup-method", "the same address, port and classification has been seen before"},
		{"Ctrl-C", "ends at once; answers on their way are lost", "stops sending, waits for answers, ends well with exit code 0; a second one leaves once what was found is written, and one more, 5 seconds later, without that"},
		{"a scan that was cut off", "begins anew", "goes on, with --checkpoint FILE and xsweep resume FILE"},
		{"exit code", "0, or 1 for everything else", "0 done, 1 failed, 2 the command line is wrong"},
		{"status line", "wraps on a narrow terminal", "there it leaves out what can be missed, averages first; in a file or a pipe it is ZMap's"},
		{"errors", "a line of the log", "one line, and a hint where there is something to do about it"},
		{"shortened options", "--max-t is --max-targets", "refused, with the full names: a new option must not change what a script does"},
		{"configuration", "/etc/zmap/zmap.conf", "/etc/xsweep/xsweep.conf, or a file of ZMap's with -C; XSWEEP_RATE and the like in the environment"},
		{"syslog", "on, unless --disable-syslog is given", "off, unless --syslog is given"},
	}
}
