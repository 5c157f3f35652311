package packet

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// synackWith is a SYN-ACK with these bytes of options, of which there are a multiple of four.
func synackWith(t testing.TB, options []byte) []byte {
	t.Helper()
	frame := append(replyFrames(t)[0].frame[:54], options...)
	binary.BigEndian.PutUint16(frame[16:], uint16(40+len(options)))
	frame[46] = byte(5+len(options)/4) << 4
	return frame
}

// TestParseOptionKinds has the options of SYN-ACKs as systems send them, and such as none should.
func TestParseOptionKinds(t *testing.T) {
	tests := []struct {
		name    string
		options string
		want    []byte
	}{
		{"none", "", nil},
		{"Linux", "020405b4 0402 080a1122334455667788 01 030307", []byte{2, 4, 8, 1, 3}},
		{"Linux, asked by an MSS alone", "020405b4", []byte{2}},
		{"Windows", "020405b4 01 030308 0101 0402", []byte{2, 1, 3, 1, 1, 4}},
		{"macOS, whose list ends twice", "020405b4 01 030306 0101 080a1122334455667788 0402 0000",
			[]byte{2, 1, 3, 1, 1, 8, 4, 0, 0}},
		{"behind the end of the list something else", "01 00 00 02", []byte{1, 0, 0}},
		{"an option no system has", "fe040000", []byte{254}},
		{"a known option of unknown length", "0206ffffffff 0101", []byte{2, 1, 1}},
		{"one of each again", "020405b4 020405b4", []byte{2, 2}},
		{"cut off", "020405b4 080a1122", []byte{2, 8}},
		{"cut off in front of the length", "010101 08", []byte{1, 1, 1, 8}},
		{"length zero stops", "0300 0101", []byte{3}},
		{"length one stops", "0301 0101", []byte{3}},
		{"as many as there can be", "01010101010101010101 01010101010101010101 01010101010101010101 01010101010101010101",
			bytes.Repeat([]byte{1}, MaxOptions)},
		{"as many ends as there can be", "00000000000000000000 00000000000000000000 00000000000000000000 00000000000000000000",
			make([]byte, MaxOptions)},
	}
	for _, tt := range tests {
		frame := synackWith(t, unhex(t, tt.options))
		if msg := disagreement(frame); msg != "" {
			t.Errorf("%s: %s", tt.name, msg)
		}
		r := dirtyReply
		if !Parse(frame, &r) {
			t.Fatalf("%s: Parse(%x) = false", tt.name, frame)
		}
		if got := r.OptionKinds[:r.NumOptions]; !bytes.Equal(got, tt.want) {
			t.Errorf("%s: Parse(%x) found kinds %v, want %v", tt.name, frame, got, tt.want)
		}
		if rest := r.OptionKinds[r.NumOptions:]; !bytes.Equal(rest, make([]byte, len(rest))) {
			t.Errorf("%s: behind the last kind there is %v, want zeros", tt.name, rest)
		}
	}
}

// TestTemplateSYN turns each template's frame into a SYN-ACK or RST, so that Parse can read it, and wants the same.
func TestTemplateSYN(t *testing.T) {
	for _, f := range allTemplates(t) {
		frame := put(f.tmpl, &goldenProbe)
		_, ip, _ := findNetwork(frame)
		flags := &ip[ipv4Len+13]
		want := Reply{Flags: *flags}
		*flags |= FlagACK
		var parsed Reply
		if !Parse(frame, &parsed) {
			t.Fatalf("%s: Parse(%x) = false", f.name, frame)
		}
		want.Window = parsed.Window
		want.HasMSS, want.MSS, want.HasWScale, want.WScale = parsed.HasMSS, parsed.MSS, parsed.HasWScale, parsed.WScale
		want.SACKPerm, want.HasTimestamp, want.TSVal = parsed.SACKPerm, parsed.HasTimestamp, parsed.TSVal
		want.OptionKinds, want.NumOptions = parsed.OptionKinds, parsed.NumOptions
		if got := f.tmpl.SYN(); got != want {
			t.Errorf("%s: SYN():\n got %+v\nwant %+v", f.name, got, want)
		}
	}
}
