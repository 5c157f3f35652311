package xsk

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestConfigValidate(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string // part of the message; "" for a Config that is valid
	}{
		{name: "defaults", cfg: Config{Ifindex: 1}},
		{name: "every limit", cfg: Config{Ifindex: math.MaxInt32, Bind: BindCopy, Direction: TransmitOnly, FrameSize: 4096,
			RxSize: 1, FillSize: 1, TxSize: 1, CompletionSize: 1, TxSlotSize: 4096}},
		{name: "large rings", cfg: Config{Ifindex: 1, RxSize: 1 << 20, FillSize: 1 << 20, RxFrames: 1, TxSize: 1 << 20}},
		{name: "more slots than the TX ring holds", cfg: Config{Ifindex: 1, TxSize: 64, CompletionSize: 256, TxSlots: 256}},
		{name: "no interface", cfg: Config{}, want: "interface index 0"},
		{name: "negative interface", cfg: Config{Ifindex: -1}, want: "interface index -1"},
		{name: "unknown bind mode", cfg: Config{Ifindex: 1, Bind: 3}, want: "bind mode 3"},
		{name: "unknown direction", cfg: Config{Ifindex: 1, Direction: 3}, want: "direction 3"},
		{name: "frame too small", cfg: Config{Ifindex: 1, FrameSize: 1024}, want: "frame size 1024: want 2048 or 4096"},
		{name: "frame not a power of two", cfg: Config{Ifindex: 1, FrameSize: 3000}, want: "frame size 3000"},
		{name: "frame too large", cfg: Config{Ifindex: 1, FrameSize: 8192}, want: "frame size 8192"},
		{name: "RX ring of 1000", cfg: Config{Ifindex: 1, RxSize: 1000}, want: "RX ring of 1000 slots"},
		{name: "fill ring of 3", cfg: Config{Ifindex: 1, FillSize: 3}, want: "fill ring of 3 slots"},
		{name: "TX ring too large", cfg: Config{Ifindex: 1, TxSize: 1 << 21}, want: "TX ring of 2097152 slots"},
		{name: "completion ring of 6", cfg: Config{Ifindex: 1, CompletionSize: 6}, want: "completion ring of 6 slots"},
		{name: "more frames than the fill ring holds", cfg: Config{Ifindex: 1, FillSize: 64, RxFrames: 65},
			want: "65 RX frames: the fill ring has only 64 slots"},
		{name: "slot below the shortest frame", cfg: Config{Ifindex: 1, TxSlotSize: 32}, want: "TX slot of 32 bytes"},
		{name: "slot that does not divide a chunk", cfg: Config{Ifindex: 1, TxSlotSize: 96}, want: "TX slot of 96 bytes"},
		{name: "slot larger than a chunk", cfg: Config{Ifindex: 1, TxSlotSize: 4096}, want: "from 64 to the frame size, 2048"},
		{name: "more slots than completions", cfg: Config{Ifindex: 1, TxSize: 64, TxSlots: 65},
			want: "65 TX slots: the completion ring has only 64"},
		{name: "queue number", cfg: Config{Ifindex: 1, Queue: 1 << 16}, want: "queue 65536: the kernel numbers queues up to 65535"},
		{name: "unknown preference", cfg: Config{Ifindex: 1, NeedWakeup: 4}, want: "unknown preference 4 of need_wakeup"},
		{name: "multi-buffer without receiving", cfg: Config{Ifindex: 1, Direction: TransmitOnly, MultiBuffer: Require},
			want: "does not receive"},
		{name: "TX metadata without sending", cfg: Config{Ifindex: 1, Direction: ReceiveOnly, TxMetadata: Require},
			want: "does not send"},
		{name: "TX metadata in small slots", cfg: Config{Ifindex: 1, TxSlotSize: 64, TxMetadata: Prefer},
			want: "leaves no room"},
		{name: "software checksum alone", cfg: Config{Ifindex: 1, SoftwareChecksum: true}, want: "not wanted"},
		{name: "busy polling for ever", cfg: Config{Ifindex: 1, BusyPoll: BusyPoll{Period: time.Hour}}, want: "for 1h0m0s"},
		{name: "busy polling of too many", cfg: Config{Ifindex: 1, BusyPoll: BusyPoll{Budget: 1 << 16}}, want: "65536 frames"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.cfg.Validate()
			if tt.want == "" {
				if err != nil {
					t.Fatalf("Validate() = %v, want nil", err)
				}
				return
			}
			if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate() = %v, want ErrConfig and %q", err, tt.want)
			}
			if q, err := Open(tt.cfg); q != nil || !errors.Is(err, ErrConfig) {
				t.Errorf("Open = %v, %v, want ErrConfig before any system call", q, err)
			}
		})
	}
}

func TestConfigDefaults(t *testing.T) {
	got := Config{Ifindex: 7, TxSize: 512}.withDefaults()
	want := Config{
		Ifindex: 7, FrameSize: 2048, RxFrames: 4096, RxSize: 2048, FillSize: 4096,
		TxSize: 512, CompletionSize: 512, TxSlots: 512, TxSlotSize: 128,
	}
	if got != want {
		t.Errorf("withDefaults() = %+v, want %+v", got, want)
	}
}

func TestUmemLayout(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want umemLayout
	}{
		{name: "defaults",
			want: umemLayout{rxFrames: 4096, frameSize: 2048, txOffset: 4096 * 2048, txSlots: 2048, slotSize: 128,
				size: 4096*2048 + 2048*128}},
		{name: "slots that do not fill a chunk", cfg: Config{FillSize: 1, TxSize: 1},
			want: umemLayout{rxFrames: 1, frameSize: 2048, txOffset: 2048, txSlots: 1, slotSize: 128, size: 4096}},
		{name: "receive only", cfg: Config{Direction: ReceiveOnly, RxFrames: 8},
			want: umemLayout{rxFrames: 8, frameSize: 2048, txOffset: 8 * 2048, slotSize: 128, size: 8 * 2048}},
		{name: "transmit only, maybe zero-copy", cfg: Config{Direction: TransmitOnly, RxFrames: 8, TxSize: 16},
			want: umemLayout{rxFrames: 8, frameSize: 2048, txOffset: 8 * 2048, txSlots: 16, slotSize: 128, size: 9 * 2048}},
		{name: "transmit only, copy", cfg: Config{Direction: TransmitOnly, Bind: BindCopy, TxSize: 16, TxSlotSize: 256},
			want: umemLayout{frameSize: 2048, txSlots: 16, slotSize: 256, size: 4096}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.cfg.withDefaults().umemLayout(); got != tt.want {
				t.Errorf("umemLayout() = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestParseBindMode(t *testing.T) {
	for _, m := range []BindMode{BindAuto, BindZeroCopy, BindCopy} {
		if got, err := ParseBindMode(m.String()); got != m || err != nil {
			t.Errorf("ParseBindMode(%q) = %v, %v, want %v", m, got, err, m)
		}
	}
	for _, s := range []string{"", "Auto", "zerocopy", "copy "} {
		if _, err := ParseBindMode(s); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "auto, zero-copy or copy") {
			t.Errorf("ParseBindMode(%q) error = %v, want ErrConfig and the choices", s, err)
		}
	}
	if got := BindMode(9).String(); got != "BindMode(9)" {
		t.Errorf("BindMode(9).String() = %q", got)
	}
	if got := KickResult(99).String(); got != "KickResult(99)" {
		t.Errorf("KickResult(99).String() = %q", got)
	}
}
