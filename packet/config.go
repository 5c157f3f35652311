package packet

import (
	"encoding/binary"
	"fmt"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Config is what all frames of a template have in common.
type Config struct {
	SrcMAC, DstMAC [6]byte
	VLAN           uint16  // 802.1Q VLAN, 1 to 4094; 0 for an untagged frame
	TTL            uint8   // 0 selects 64
	Profile        Profile // TCP options of a SYN; a RST has none
	Timestamp      uint32  // sender's timestamp in the profiles linux and bsd
}

const (
	defaultTTL = 64
	maxVLAN    = 4094 // 4095 is reserved (802.1Q, table 9-2)
	synWindow  = 65535
)

// NewTemplate returns the template of a SYN: window 65535, DF and TOS clear, the options of cfg.Profile. It fails if
// the VLAN or the profile is out of range.
func NewTemplate(cfg Config) (*Template, error) {
	if int(cfg.Profile) >= len(profileNames) {
		return nil, fmt.Errorf("build SYN template: unknown option profile %d", uint8(cfg.Profile))
	}
	t, err := build(cfg, 0, &layers.TCP{SYN: true, Window: synWindow, Options: cfg.Profile.options(cfg.Timestamp)})
	if err != nil {
		return nil, fmt.Errorf("build SYN template: %w", err)
	}
	return t, nil
}

// NewReset returns the template of the RST that closes a connection we opened and do not want. It is what a Linux host
// sends for a SYN-ACK that no socket expects (RFC 9293, 3.10.7.1): RST alone, no options, window 0, DF set; its
// sequence number is the SYN-ACK's acknowledgment, and its ID is 0, as Reply.ResetProbe has them. It ignores
// cfg.Profile and fails if the VLAN is out of range.
func NewReset(cfg Config) (*Template, error) {
	t, err := build(cfg, layers.IPv4DontFragment, &layers.TCP{RST: true})
	if err != nil {
		return nil, fmt.Errorf("build RST template: %w", err)
	}
	return t, nil
}

// build serializes a frame without a Probe's fields and cuts it into the pieces of a Template.
func build(cfg Config, flags layers.IPv4Flag, tcp *layers.TCP) (*Template, error) {
	if cfg.VLAN > maxVLAN {
		return nil, fmt.Errorf("VLAN %d is not in 0 to %d", cfg.VLAN, maxVLAN)
	}
	frame, err := serialize(cfg, flags, tcp)
	if err != nil {
		return nil, err
	}
	t := &Template{tagged: cfg.VLAN != 0}
	start := ipv4Offset
	if t.tagged {
		start = taggedIPv4Offset
	}
	copy(t.link[:], frame[:start])
	ip := frame[start:]
	ip = ip[:binary.BigEndian.Uint16(ip[2:4])] // without Ethernet's padding
	segment := ip[ipv4Len:]

	t.version = binary.BigEndian.Uint64(ip[0:8])
	t.ttl = binary.BigEndian.Uint64(ip[8:16]) | upperHalf<<16
	t.ack = binary.BigEndian.Uint64(ip[24:32])
	t.offset = binary.BigEndian.Uint64(ip[32:40]) | upperHalf
	options := segment[tcpLen:]
	copy(t.more[:], options[copy(t.options[:], options):])
	t.long = len(options) > len(t.options)
	t.stampAt = findTimestamp(options)
	t.ipSum = add(0, ip[:ipv4Len])
	t.tcpSum = add(pseudoHeader(0, 0, len(segment)), segment)
	t.size = start + len(ip)
	return t, nil
}

// serialize returns the frame with zeros for addresses, ports, sequence number, ID and checksums.
func serialize(cfg Config, flags layers.IPv4Flag, tcp *layers.TCP) ([]byte, error) {
	ttl := cfg.TTL
	if ttl == 0 {
		ttl = defaultTTL
	}
	eth := &layers.Ethernet{SrcMAC: cfg.SrcMAC[:], DstMAC: cfg.DstMAC[:], EthernetType: layers.EthernetTypeIPv4}
	stack := []gopacket.SerializableLayer{eth}
	if cfg.VLAN != 0 {
		eth.EthernetType = layers.EthernetTypeDot1Q
		stack = append(stack, &layers.Dot1Q{VLANIdentifier: cfg.VLAN, Type: layers.EthernetTypeIPv4})
	}
	ip := &layers.IPv4{
		Version: 4, TTL: ttl, Flags: flags, Protocol: layers.IPProtocolTCP,
		SrcIP: make([]byte, 4), DstIP: make([]byte, 4),
	}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, append(stack, ip, tcp)...)
	return buf.Bytes(), err
}
