package output

import (
	"encoding/json"
	"math"
	"net/netip"
	"time"
)

// Metadata is what is known about a scan at its end, as one JSON object: the keys of ZMap 4 first, in its order and with
// its units, then our own. Keys that ZMap leaves out when there is nothing to say are left out here.
//
// Values are right where ZMap's are not: the seed has no sign, networks keep their prefix length, first_scanned is a
// time. Keys of packet capture count what stands in its place.
type Metadata struct {
	LocalHostname   string   `json:"local_hostname"`
	FullHostname    string   `json:"full_hostname,omitempty"` // as the resolver has it
	SourcePortFirst uint16   `json:"source_port_first"`
	SourcePortLast  uint16   `json:"source_port_last"`
	TargetPorts     []uint16 `json:"target_ports"`
	MaxTargets      int64    `json:"max_targets"` // -1: all
	MaxRuntime      uint64   `json:"max_runtime"` // seconds; 0: no limit
	MaxResults      int64    `json:"max_results"` // -1: no limit
	OutputResults   uint64   `json:"output_results"`
	Interface       string   `json:"iface,omitempty"`
	Rate            Number   `json:"rate"`      // packets per second; 0: no limit
	Bandwidth       uint64   `json:"bandwidth"` // bits per second as the user gave it, or 0
	CooldownSecs    Number   `json:"cooldown_secs"`
	Senders         int      `json:"senders"`
	Seed            uint64   `json:"seed"`
	SeedProvided    Flag     `json:"seed_provided"`
	Generator       uint64   `json:"generator"`
	Hitrate         Number   `json:"hitrate"` // percent of the targets probed
	ShardNum        int      `json:"shard_num"`
	TotalShards     int      `json:"total_shards"`

	MinHitrate        Number `json:"min_hitrate"`
	MaxSendtoFailures int64  `json:"max_sendto_failures"` // -1: no limit
	Syslog            Flag   `json:"syslog"`
	DefaultMode       Flag   `json:"default_mode"` // no output option was given

	Received                 uint64 `json:"pcap_recv"`   // frames that reached the sockets
	Dropped                  uint64 `json:"pcap_drop"`   // lost between the network device and the scanner
	DeviceDropped            uint64 `json:"pcap_ifdrop"` // lost by the network device
	IPFragments              uint64 `json:"ip_fragments"`
	BlocklistTotalAllowed    uint64 `json:"blocklist_total_allowed"`     // addresses
	BlocklistTotalNotAllowed uint64 `json:"blocklist_total_not_allowed"` // addresses
	ValidationPassed         uint64 `json:"validation_passed"`
	ValidationFailed         uint64 `json:"validation_failed"`

	FirstScanned          int64  `json:"first_scanned"` // when the first probe was sent, in seconds since the epoch
	SendToFailures        uint64 `json:"send_to_failures"`
	PacketsSent           uint64 `json:"packets_sent"`
	TargetsScanned        uint64 `json:"targets_scanned"`
	SuccessTotal          uint64 `json:"success_total"`
	SuccessUnique         uint64 `json:"success_unique"`
	SuccessCooldownTotal  uint64 `json:"success_cooldown_total"`
	SuccessCooldownUnique uint64 `json:"success_cooldown_unique"`
	FailureTotal          uint64 `json:"failure_total"`

	PacketStreams int    `json:"packet_streams"` // probes to a target
	ProbeModule   string `json:"probe_module"`
	OutputModule  string `json:"output_module"`
	SendStart     Stamp  `json:"send_start_time"`
	SendEnd       Stamp  `json:"send_end_time"`
	RecvStart     Stamp  `json:"recv_start_time"`
	RecvEnd       Stamp  `json:"recv_end_time"`

	OutputFilter        string       `json:"output_filter,omitempty"`
	LogFile             string       `json:"log_file,omitempty"`
	LogDirectory        string       `json:"log_directory,omitempty"`
	CLICIDRDestinations []string     `json:"cli_cidr_destinations,omitempty"` // as on the command line
	ProbeArgs           string       `json:"probe_args,omitempty"`
	ProbeTTL            uint8        `json:"probe_ttl"`
	OutputArgs          string       `json:"output_args,omitempty"`
	GatewayMAC          string       `json:"gateway_mac"`
	GatewayIP           netip.Addr   `json:"gateway_ip,omitzero"`
	SourceMAC           string       `json:"source_mac"`
	SourceIPs           []netip.Addr `json:"source_ips"`
	OutputFilename      string       `json:"output_filename,omitempty"`
	BlocklistFilename   string       `json:"blocklist_filename,omitempty"`
	AllowlistFilename   string       `json:"allowlist_filename,omitempty"`
	ListOfIPsFilename   string       `json:"list_of_ips_filename,omitempty"`
	ListOfIPsCount      uint64       `json:"list_of_ips_count,omitempty"`

	DryRun                  Flag            `json:"dryrun"`
	Quiet                   Flag            `json:"quiet"`
	LogLevel                int             `json:"log_level"`
	DeduplicationMethod     string          `json:"deduplication_method"`
	DeduplicationWindowSize uint64          `json:"deduplication_window_size,omitempty"`
	UserMetadata            json.RawMessage `json:"user-metadata,omitempty"` // JSON of the user's; Write fails if it is not
	Notes                   string          `json:"notes,omitempty"`
	BlocklistedNetworks     []netip.Prefix  `json:"blocklisted_networks,omitempty"`
	AllowlistedNetworks     []netip.Prefix  `json:"allowlisted_networks,omitempty"`

	Version      string            `json:"version"`      // of xsweep; this key and those below are ours
	CommandLine  []string          `json:"command_line"` // the program's name included
	Engine       string            `json:"engine"`
	XDPMode      string            `json:"xdp_mode"`
	AFXDPMode    string            `json:"af_xdp_mode"`
	Queues       int               `json:"queues"`
	Kernel       string            `json:"kernel"`             // its release
	Drops        map[string]uint64 `json:"drops"`              // by cause
	SentAgain    uint64            `json:"sent_again"`         // frames that the driver had no room for at first; none is lost by it
	OutputPaused Number            `json:"output_paused_secs"` // for which nothing was sent, because there was no room for results
	DedupMemory  uint64            `json:"dedup_memory"`       // bytes to tell repeats by, beyond which the oldest answers are forgotten; 0: no limit
	ScanID       string            `json:"scan_id"`
	Resumed      int               `json:"resumed"`             // how often it went on from a checkpoint; counters are those of all sessions
	Unprobed     uint64            `json:"targets_not_scanned"` // targets that the scan ended before
	Ended        string            `json:"ended"`               // such as "all targets probed", "stopped" or "failed"
	Error        string            `json:"error,omitempty"`
}

// Flag is a bool that is 1 or 0 in JSON, as ZMap has it.
type Flag bool

// MarshalJSON returns 1 or 0.
func (f Flag) MarshalJSON() ([]byte, error) {
	if f {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}

// Number is a float64 that is 0 in JSON where it is not finite, such as the hit rate of no targets: JSON has no such
// numbers, and one of them must not cost the whole of the metadata.
type Number float64

// MarshalJSON returns the shortest text that reads as the same number.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return json.Marshal(f)
	}
	return []byte("0"), nil
}

// Stamp is a time in ZMap's form, in whole seconds with the zone's offset. The zero Stamp is null: what did not begin
// has no time.
type Stamp struct{ time.Time }

// MarshalJSON returns a string such as "2026-11-21T21:03:06+0000", or null.
func (s Stamp) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(s.Format("2006-01-02T15:04:05-0700"))
}
