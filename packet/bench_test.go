package packet

import "testing"

// benchmarkSlots and slotLen lay frames out as a packed transmit UMEM does: 512 KiB, more than the first-level cache.
const (
	benchmarkSlots = 4096
	slotLen        = 128
)

// BenchmarkTemplatePut writes a different probe into the next slot of a ring each time.
func BenchmarkTemplatePut(b *testing.B) {
	for _, f := range allTemplates(b) {
		b.Run(f.name, func(b *testing.B) {
			mem := make([]byte, benchmarkSlots*slotLen)
			p := Probe{Src: 0xc6120001, Dst: 0xc6130000, SrcPort: 40000, DstPort: 443}
			slot := 0
			for b.Loop() {
				p.Dst += 0x9e3779b9
				p.Seq += 0x85ebca6b
				p.ID++
				f.tmpl.Put(mem[slot:slot+slotLen], &p)
				slot = (slot + slotLen) & (len(mem) - 1)
			}
		})
	}
}

// BenchmarkParse reads one frame of each kind over and over.
func BenchmarkParse(b *testing.B) {
	for _, f := range replyFrames(b) {
		b.Run("kind="+f.name, func(b *testing.B) {
			var r Reply
			for b.Loop() {
				Parse(f.frame, &r)
			}
		})
	}
}

// BenchmarkVerifyChecksums bounds what a self-check of every frame would cost.
func BenchmarkVerifyChecksums(b *testing.B) {
	for _, f := range allTemplates(b) {
		b.Run(f.name, func(b *testing.B) {
			frame := make([]byte, MaxFrameLen)
			frame = frame[:f.tmpl.Put(frame, &Probe{Src: 0xc6120001, Dst: 0xc6130000})]
			for b.Loop() {
				if err := VerifyChecksums(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
