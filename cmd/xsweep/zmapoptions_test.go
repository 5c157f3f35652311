package main

// What an option of ZMap's is here.
const (
	same    = "same"
	better  = "same name, better"
	notYet  = "not yet"
	refused = "refused"
)

// zmapOption is an option of ZMap 4.3 and 4.4.
type zmapOption struct {
	short, long string
	arg         string // empty for one that takes none
	def         string // its default there
	verdict     string
	how         string // in what way, or why
}

// zmapOptionTable is every option of ZMap, in the order of its help. docs/zmap.md is made from it, and the flags are held
// against it.
var zmapOptionTable = []struct {
	title   string
	options []zmapOption
}{
	{"Basic", []zmapOption{
		{"p", "target-ports", "ports", "", better, "any number of ports; repeated ones are probed once"},
		{"o", "output-file", "name", "-", better, "several at once, each in the format of its extension; `.gz` and `.zst` compress; a closed pipe ends the scan in good order"},
		{"b", "blocklist-file", "path", "", better, "several; ranges, compressed files, `-`; read again on SIGHUP; millions of entries cost no speed"},
		{"w", "allowlist-file", "path", "", better, "several; ranges, compressed files, `-`"},
		{"I", "list-of-ips-file", "path", "", better, "joined with the other targets, not intersected; costs what its length does"},
	}},
	{"Scan", []zmapOption{
		{"r", "rate", "pps", "10000", better, "suffixes `k`, `M`, `G` and fractions; 0 is really no limit"},
		{"B", "bandwidth", "bps", "", better, "fractions; of the exact bytes that a probe takes on the wire. With `-r` an error that says so"},
		{"", "batch", "n", "64", better, "accepted: batches follow the pace by themselves"},
		{"n", "max-targets", "n", "0", better, "a percentage is of the targets of the scan, not of 2^32; `0` and `0%` are all"},
		{"t", "max-runtime", "s", "0", same, ""},
		{"N", "max-results", "n", "0", same, ""},
		{"P", "probes", "n", "1", better, "back to back, or `--probe-interval` apart"},
		{"c", "cooldown-time", "s", "8", same, ""},
		{"e", "seed", "n", "0", same, "random unless given; the order is not ZMap's"},
		{"", "retries", "n", "10", better, "accepted: what a full ring refuses is sent when there is room, and never given up"},
		{"d", "dryrun", "", "", better, "needs no interface, gateway or root"},
		{"", "fast-dryrun", "", "", better, "likewise"},
	}},
	{"Sharding", []zmapOption{
		{"", "shards", "n", "1", better, "do not depend on the number of threads; a scan-id tells which belong together; up to 2^32-1"},
		{"", "shard", "n", "0", same, "counted from 0"},
	}},
	{"Network", []zmapOption{
		{"s", "source-port", "ports", "32768-61000", same, ""},
		{"", "validate-source-port", "enable/disable", "enable", refused, "only `disable`: the cookie covers the port, so that an answer from another one cannot be told from a forged one"},
		{"S", "source-ip", "ips", "", better, "networks, too"},
		{"G", "gateway-mac", "mac", "", better, "found by route and ARP, not only in the ARP cache"},
		{"", "source-mac", "mac", "", same, ""},
		{"i", "interface", "name", "", better, "that of the route to the targets"},
		{"X", "iplayer", "", "", notYet, "but for dry runs: sending without an Ethernet header is not built"},
		{"", "netmap-wait-ping", "ip", "", refused, "there is no netmap to wait for: AF_XDP leaves the interface to the host"},
	}},
	{"Probe modules", []zmapOption{
		{"M", "probe-module", "name", "tcp_synscan", notYet, "others than `tcp_synscan`, which are refused by name"},
		{"", "probe-args", "args", "windows", better, "by default `smallest-probes`, the shortest frame; `rtt` of 4.4 without weakening the cookie, `ja4ts` and `ja4t` as FoxIO has them. A host answers what it is asked: `linux,ja4ts` tells more than `ja4ts`"},
		{"", "probe-ttl", "n", "64", same, ""},
		{"", "list-probe-modules", "", "", same, ""},
	}},
	{"Output", []zmapOption{
		{"f", "output-fields", "fields", "", better, "all of `tcp_synscan`, and some more after them"},
		{"O", "output-module", "name", "csv", better, "`parquet`, too"},
		{"", "output-args", "args", "", same, "no module takes any, as there"},
		{"", "output-filter", "expr", "", better, "quotes, dotted addresses, `in` with a network, `!`, 64-bit numbers; an error points at the character"},
		{"", "list-output-modules", "", "", same, ""},
		{"", "list-output-fields", "", "", same, ""},
		{"", "no-header-row", "", "", same, ""},
	}},
	{"Response deduplication", []zmapOption{
		{"", "dedup-method", "method", "default", better, "`repeat` means the same with each; `full` takes any number of ports"},
		{"", "dedup-window-size", "n", "1000000", same, ""},
	}},
	{"Logging and metadata", []zmapOption{
		{"v", "verbosity", "n", "3", same, ""},
		{"l", "log-file", "name", "", same, "with `-L` an error, as there"},
		{"L", "log-directory", "dir", "", same, "the file is called `xsweep-`, not `zmap-`, and the time"},
		{"m", "metadata-file", "name", "", better, "written whole, at every kind of end; right values; what was dropped, and where"},
		{"u", "status-updates-file", "name", "", better, "as many columns in the rows as in the header"},
		{"q", "quiet", "", "", same, ""},
		{"", "disable-syslog", "", "", same, "accepted: syslog is off unless `--syslog` is given"},
		{"", "notes", "text", "", same, ""},
		{"", "user-metadata", "json", "", same, ""},
	}},
	{"Additional", []zmapOption{
		{"C", "config", "file", "/etc/zmap/zmap.conf", better, "errors with file and line; the default is `/etc/xsweep/xsweep.conf`; the environment counts, too"},
		{"", "max-sendto-failures", "n", "-1", same, ""},
		{"", "min-hitrate", "percent", "0", same, ""},
		{"T", "sender-threads", "n", "4", better, "chosen by rate, queues and cores"},
		{"", "cores", "list", "", better, "for the senders; a core that is not there is an error"},
		{"", "ignore-blocklist-errors", "", "", same, "each with a warning"},
		{"h", "help", "", "", same, ""},
		{"V", "version", "", "", same, ""},
	}},
}
