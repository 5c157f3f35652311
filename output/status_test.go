package output

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// zmapStatus is the header and a row of ZMap 4.3, the row without the empty value that does not belong there.
const zmapStatus = `real-time,time-elapsed,time-remaining,percent-complete,hit-rate,active-send-threads,sent-total,sent-last-one-sec,sent-avg-per-sec,recv-success-total,recv-success-last-one-sec,recv-success-avg-per-sec,recv-total,recv-total-last-one-sec,recv-total-avg-per-sec,pcap-drop-total,drop-last-one-sec,drop-avg-per-sec,sendto-fail-total,sendto-fail-last-one-sec,sendto-fail-avg-per-sec
2026-11-21 21:03:00,1,1,50.926243,50.000000,0,32,1,832,16,16,15,32,32,31,0,0,0,0,0,0
`

// TestStatusRowsAreZMaps writes the row behind ZMap's and one of a scan that has just begun, and reads each before the
// file is closed.
func TestStatusRowsAreZMaps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.csv")
	w, err := CreateStatus(path)
	if err != nil {
		t.Fatal(err)
	}
	written := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%v, file:\n got %s\nwant %s", err, got, want)
		}
	}
	at := time.Date(2026, 11, 21, 21, 3, 0, 999e6, time.UTC)
	if err := w.Write(&Status{
		Time: at, Elapsed: 1900 * time.Millisecond, Remaining: 1100 * time.Millisecond,
		PercentComplete: 50.9262434, HitRate: 50,
		Sent: Flow{32, 1.2, 832.4}, RecvSuccess: Flow{16, 16, 15.4}, Recv: Flow{32, 32, 31},
	}); err != nil {
		t.Fatal(err)
	}
	written(zmapStatus)
	if err := w.Write(&Status{
		Time: at, Remaining: -time.Second, PercentComplete: math.NaN(), SendThreads: 4,
		Sent:     Flow{math.MaxUint64, 14.2e6, math.Inf(1)},
		Drops:    Flow{1, 2.5, 3.5}, // to even, as printf does
		SendFail: Flow{4, 5, 6},
	}); err != nil {
		t.Fatal(err)
	}
	const second = "2026-11-21 21:03:00,0,0,0.000000,0.000000,4,18446744073709551615,14200000,0,0,0,0,0,0,0,1,2,4,4,5,6\n"
	written(zmapStatus + second)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(zmapStatus+second, "\n"), "\n") {
		if n := strings.Count(line, ",") + 1; n != 21 {
			t.Errorf("line %d has %d columns, want 21", i, n)
		}
	}
}

func TestCreateStatusErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := CreateStatus(dir); !errors.Is(err, unix.EISDIR) {
		t.Errorf("CreateStatus of a directory: %v, want %v", err, unix.EISDIR)
	}
	if _, err := CreateStatus("/dev/full"); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("CreateStatus on a full disk: %v, want %v", err, unix.ENOSPC)
	}
}
