// Package output turns validated answers into rows, with ZMap's field names and layout in CSV and JSON, and typed in
// Parquet. It also writes the two files about a scan, its Metadata and its Status each second.
//
// A Record is one answer as plain values. A Field names one column and knows how to read it from a Record. A
// Writer appends the wanted fields of each Record to a buffer and hands the buffer on in whole lines; a Sink
// is the file, pipe or terminal at the end. A Filter is what the user wants of the rows, in ZMap's language:
//
//	Record ─► Only? ─► Field.get ─► value ─► CSV or JSON line ─► 64 KiB buffer ─► Sink ─► file
//	          filtered  per column   null, int, bool, text, ...   Flush: whole lines
//
// A Group writes the same records to several files, each a File with a Format and a Compression.
//
// # What is left when something goes wrong
//
// CSV and JSON are whole rows at any time, compressed or not. A full disk costs nothing if there is room again before
// the caller gives up: see ErrFull. A reader that leaves and an error of another file cost at most rows at the end, and
// the error says so. See Sink for the last write of a process that is killed, and ReopenGroup for going on after it. A
// compressed file is a sequence of pieces, each readable without the next, so that a kill costs the rows of the last
// five seconds. Parquet and the metadata are worth something only when complete: they appear under their names then.
//
// # ZMap's layout
//
// For the same answer the row is byte for byte the one that ZMap 4 writes. CSV: null is empty, a bool is 1 or
// 0. JSON: one compact object a line, keys in the order of the fields, nulls left out, a bool is true or
// false. Fields a TCP answer cannot have are null, and so are TCP options that were absent.
//
// Three things are better on purpose. Two show only in rows with classification icmp:
//
//   - sport and dport are those of the probe that the message is about, seen as in a TCP answer: sport the probed
//     port, dport our own. ZMap leaves both null, so nobody can tell which port was unreachable.
//   - saddr_raw is the probed address, as saddr is. In ZMap it is the router's address, while saddr is the target's.
//
// The third is the fingerprints ja4ts and ja4t, which are FoxIO's to the letter: without options they are 1024_00_00_00,
// where ZMap has nothing between two of the underscores, and the end of the list of options counts as often as it is
// there, so that macOS is 2-1-3-1-1-8-4-0-0, where ZMap has one 0.
//
// What looks odd and is kept: icmp_unreach_str goes by the code alone, so read it together with icmp_type 3;
// its "presdence" is ZMap's spelling; tcpopt_wscale is the multiplier and not the shift; rtt is a string, of
// milliseconds with one decimal.
//
// Fields that ZMap does not have come after all of its own, vlan being the first: a script that counts columns finds
// ZMap's where they were. Three of them, engine, scan_id and shard, are the same in every row of a scan and come from
// Config.Scan.
//
// # Default mode
//
// Without any output option ZMap writes bare addresses of new open ports: DefaultFields, DefaultFilter, no
// header. As soon as the user names fields, a format or a filter, there is a header and no filter at all.
// Which of the two applies is the caller's decision; a Writer does what its Config says.
package output
