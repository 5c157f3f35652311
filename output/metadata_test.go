package output

import (
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// zmapKeys are those of ZMap 4 for tcp_synscan, in its order.
const zmapKeys = `local_hostname full_hostname source_port_first source_port_last target_ports max_targets max_runtime
max_results output_results iface rate bandwidth cooldown_secs senders seed seed_provided generator hitrate shard_num
total_shards min_hitrate max_sendto_failures syslog default_mode pcap_recv pcap_drop pcap_ifdrop ip_fragments
blocklist_total_allowed blocklist_total_not_allowed validation_passed validation_failed first_scanned send_to_failures
packets_sent targets_scanned success_total success_unique success_cooldown_total success_cooldown_unique failure_total
packet_streams probe_module output_module send_start_time send_end_time recv_start_time recv_end_time output_filter
log_file log_directory cli_cidr_destinations probe_args probe_ttl output_args gateway_mac gateway_ip source_mac
source_ips output_filename blocklist_filename allowlist_filename list_of_ips_filename list_of_ips_count dryrun quiet
log_level deduplication_method deduplication_window_size user-metadata notes blocklisted_networks allowlisted_networks`

// Keys that ZMap leaves out when there is nothing to say, and those that it does not have.
const (
	optionalKeys = `full_hostname iface output_filter log_file log_directory cli_cidr_destinations probe_args output_args
gateway_ip output_filename blocklist_filename allowlist_filename list_of_ips_filename list_of_ips_count
deduplication_window_size user-metadata notes blocklisted_networks allowlisted_networks error`
	ownKeys = `version command_line engine xdp_mode af_xdp_mode queues kernel drops sent_again output_paused_secs dedup_memory scan_id resumed targets_not_scanned ended error`
)

// keys returns the keys of a JSON object in order.
func keys(t *testing.T, object []byte) []string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(object)))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	var list []string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, key.(string))
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// fullMetadata has something to say for every key.
func fullMetadata() Metadata {
	start := time.Date(2026, 11, 21, 21, 2, 58, 7e8, time.FixedZone("", 3600))
	at := func(seconds int) Stamp { return Stamp{start.Add(time.Duration(seconds) * time.Second)} }
	return Metadata{
		LocalHostname: "scanner", FullHostname: "scanner.example.net", SourcePortFirst: 32768, SourcePortLast: 61000,
		TargetPorts: []uint16{80, 443}, MaxTargets: -1, MaxRuntime: 60, MaxResults: -1, OutputResults: 16,
		Interface: "eth0", Rate: 10000, Bandwidth: 5_000_000, CooldownSecs: 8, Senders: 1,
		Seed: math.MaxUint64, SeedProvided: true, Generator: 3, Hitrate: 12.5, ShardNum: 1, TotalShards: 4,
		MinHitrate: 0.5, MaxSendtoFailures: -1, Syslog: true, DefaultMode: true,
		Received: 40, Dropped: 1, DeviceDropped: 2, IPFragments: 3,
		BlocklistTotalAllowed: 131072, BlocklistTotalNotAllowed: 4294836224, ValidationPassed: 32, ValidationFailed: 4,
		FirstScanned: start.Unix(), SendToFailures: 5, PacketsSent: 128, TargetsScanned: 127,
		SuccessTotal: 17, SuccessUnique: 16, SuccessCooldownTotal: 2, SuccessCooldownUnique: 1, FailureTotal: 15,
		PacketStreams: 1, ProbeModule: "tcp_synscan", OutputModule: "csv",
		SendStart: at(0), SendEnd: at(1), RecvStart: at(-1), RecvEnd: at(9),
		OutputFilter: "success = 1 && repeat < 1", LogFile: "x.log", LogDirectory: "logs",
		CLICIDRDestinations: []string{"198.18.0.0/28", "198.18.1.1"}, ProbeArgs: "windows", ProbeTTL: 255, OutputArgs: "none",
		GatewayMAC: "02:00:00:00:00:01", GatewayIP: netip.MustParseAddr("198.18.0.2"), SourceMAC: "02:00:00:00:00:02",
		SourceIPs: []netip.Addr{netip.MustParseAddr("198.18.0.1")}, OutputFilename: "x.csv",
		BlocklistFilename: "block.conf", AllowlistFilename: "allow.conf", ListOfIPsFilename: "list.txt", ListOfIPsCount: 7,
		DryRun: false, Quiet: true, LogLevel: 3, DeduplicationMethod: "window", DeduplicationWindowSize: 1000000,
		UserMetadata: json.RawMessage(`{"study":"a <b>"}`), Notes: `say "hi"`,
		BlocklistedNetworks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		AllowlistedNetworks: []netip.Prefix{netip.MustParsePrefix("198.18.0.0/15")},
		Version:             "v1.2.3", CommandLine: []string{"xsweep", "-p", "80,443"}, Engine: "xsk", XDPMode: "native",
		AFXDPMode: "zero-copy", Queues: 2, Kernel: "6.18.0", Drops: map[string]uint64{"ring_full": 1, "no_frame": 2},
		ScanID: "5eed", Ended: "failed", Error: "write x.csv: no space left on device",
	}
}

// TestMetadataGolden compares the whole line with one that a person has read.
func TestMetadataGolden(t *testing.T) {
	m := fullMetadata()
	path := filepath.Join(t.TempDir(), "m.json")
	if err := m.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "metadata.json.golden")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(got) != string(want) {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
}

func TestMetadataKeysAreZMapsAndInItsOrder(t *testing.T) {
	optional := strings.Fields(optionalKeys)
	all := strings.Fields(zmapKeys + " " + ownKeys)
	always := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return slices.Contains(optional, key) })
	tests := []struct {
		name string
		m    Metadata
		want []string
	}{
		{"everything said", fullMetadata(), all},
		{"nothing said", Metadata{}, always},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line, err := tt.m.line()
			if err != nil {
				t.Fatal(err)
			}
			if got := keys(t, line); !slices.Equal(got, tt.want) {
				t.Errorf("keys:\n got %q\nwant %q", got, tt.want)
			}
			if n := strings.Count(string(line), "\n"); n != 1 || line[len(line)-1] != '\n' {
				t.Errorf("%d line ends, want one, at the end", n)
			}
		})
	}
}

// TestMetadataOfNothing has neither numbers nor times nor lists: none of that may break the object.
func TestMetadataOfNothing(t *testing.T) {
	m := Metadata{Hitrate: Number(math.NaN()), Rate: Number(math.Inf(1))}
	line, err := m.line()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"hitrate":0,`, `"rate":0,`, `"send_start_time":null,`, `"target_ports":[],`,
		`"source_ips":[],`, `"command_line":[],`, `"drops":{},`, `"syslog":0,`} {
		if !strings.Contains(string(line), want) {
			t.Errorf("%s is not in %s", want, line)
		}
	}
}

// TestMetadataWrite replaces what was there, follows links, and leaves nothing else.
func TestMetadataWrite(t *testing.T) {
	dir := t.TempDir()
	old, link := filepath.Join(dir, "m.json"), filepath.Join(dir, "link.json")
	if err := errors.Join(os.WriteFile(old, []byte(strings.Repeat("old\n", 5000)), 0o600),
		os.Symlink("m.json", link)); err != nil {
		t.Fatal(err)
	}
	m := fullMetadata()
	want, err := m.line()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{old, link} {
		if err := errors.Join(CheckPath(path), m.Write(path)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(old); string(got) != string(want) {
			t.Errorf("Write(%s) leaves %q, %v", path, got, err)
		}
	}
	if got := listDir(t, dir); !slices.Equal(got, []string{"link.json", "m.json"}) {
		t.Errorf("%q are there", got)
	}
	if err := errors.Join(CheckPath(os.DevNull), m.Write(os.DevNull)); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s was replaced: %v, %v", os.DevNull, info, err)
	}
	m.UserMetadata = json.RawMessage("{")
	if err := m.Write(old); err == nil {
		t.Error("user metadata that is no JSON is written")
	}
	if got, err := os.ReadFile(old); string(got) != string(want) {
		t.Errorf("after a failed Write: %q, %v", got, err)
	}
}

// TestMetadataPlace writes what Metadata.Write does, without opening anything, and leaves nothing if it is not used.
func TestMetadataPlace(t *testing.T) {
	dir := t.TempDir()
	old, link, stale := filepath.Join(dir, "m.json"), filepath.Join(dir, "link.json"), filepath.Join(dir, "m.json.partial")
	if err := errors.Join(os.WriteFile(old, []byte("old\n"), 0o600), os.WriteFile(stale, []byte("left by a kill"), 0o600),
		os.Symlink("m.json", link)); err != nil {
		t.Fatal(err)
	}
	m := fullMetadata()
	want, err := m.line()
	if err != nil {
		t.Fatal(err)
	}
	unused := KeepPlace(old)
	if unused.file == nil {
		t.Skip("this file system has no files without a name")
	}
	unused.Close()
	if got := listDir(t, dir); !slices.Equal(got, []string{"link.json", "m.json", "m.json.partial"}) {
		t.Errorf("%q are there", got)
	}
	place := KeepPlace(link)
	defer place.Close()
	if got, err := os.ReadFile(old); string(got) != "old\n" {
		t.Errorf("before Write: %q, %v", got, err)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	err = place.Write(&m)
	if err := errors.Join(err, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(old); string(got) != string(want) {
		t.Errorf("after Write: %q, %v", got, err)
	}
	if got := listDir(t, dir); !slices.Equal(got, []string{"link.json", "m.json"}) {
		t.Errorf("%q are there", got)
	}
}

// TestMetadataToStandardOutput appends to what is there already: rows, for one.
func TestMetadataToStandardOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stdout")
	redirect(t, path)
	if _, err := os.Stdout.WriteString("row\n"); err != nil {
		t.Fatal(err)
	}
	m := fullMetadata()
	want, err := m.line()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Write("-"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); string(got) != "row\n"+string(want) {
		t.Errorf("standard output has %q, %v", got, err)
	}
}

func TestCheckPath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path string
		want       error
	}{
		{"standard output", "-", nil},
		{"new file", filepath.Join(dir, "m.json"), nil},
		{"old file", file, nil},
		{"a device", os.DevNull, nil},
		{"a directory", dir, unix.EISDIR},
		{"missing directory", filepath.Join(dir, "missing", "m.json"), unix.ENOENT},
		{"parent is a file", filepath.Join(file, "m.json"), unix.ENOTDIR},
		{"directory of the kernel's", "/proc/m.json", unix.ENOENT},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckPath(tt.path)
			if !errors.Is(err, tt.want) {
				t.Fatalf("CheckPath(%s): %v, want %v", tt.path, err, tt.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "create "+tt.path) {
				t.Errorf("CheckPath: %q does not begin with the path", err)
			}
		})
	}
	if err := CheckPath(""); err == nil || err.Error() != "create output file: empty file name" {
		t.Errorf("CheckPath of no name: %v", err)
	}
	if got, err := os.ReadFile(file); string(got) != "old" {
		t.Errorf("the old file holds %q, %v", got, err)
	}
	if got := listDir(t, dir); !slices.Equal(got, []string{"file"}) {
		t.Errorf("%q are left", got)
	}
}
