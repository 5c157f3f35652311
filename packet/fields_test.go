package packet

import (
	"strings"
	"testing"
)

func TestDecodeReadsWhatPutWrote(t *testing.T) {
	frame := unhex(t, goldenMACs+"8100 0ffe"+goldenFrames[0].rest)
	want := Fields{
		SrcMAC: goldenConfig.SrcMAC, DstMAC: goldenConfig.DstMAC, VLAN: 4094,
		Probe: goldenProbe, IPChecksum: 0x30a4, TCPChecksum: 0x2499,
	}
	if got, err := Decode(frame); got != want || err != nil {
		t.Errorf("Decode = %+v, %v, want %+v", got, err, want)
	}
}

// TestDecodeRejectsAnythingElse cuts a frame everywhere and feeds other protocols: an error, never a panic.
func TestDecodeRejectsAnythingElse(t *testing.T) {
	frame := put(newTemplate(t, false, goldenConfig), &goldenProbe)
	for n := range ethernetLen + ipv4Len + tcpLen {
		if f, err := Decode(frame[:n]); err == nil {
			t.Errorf("Decode of the first %d bytes = %+v, want an error", n, f)
		}
	}
	arp := append([]byte(nil), frame...)
	arp[12], arp[13] = 0x08, 0x06
	if _, err := Decode(arp); err == nil || !strings.HasPrefix(err.Error(), "decode frame: ") {
		t.Errorf("Decode of an ARP frame: %v, want an error", err)
	}
}
