package main

import (
	"errors"
	"log/slog"
	"log/syslog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSyslog reads what a system's log would get. Its priority is 8 (for users) and the severity of RFC 5424.
func TestSyslog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	system, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer system.Close()
	w, err := syslog.Dial("unixgram", path, syslog.LOG_USER|syslog.LOG_INFO, "xsweep")
	if err != nil {
		t.Fatal(err)
	}
	l := new(logs)
	l.add(&syslogHandler{w: w, level: slog.LevelInfo}, w)
	log := slog.New(l.away[0]).With("scan-id", 7)
	log.Debug("too much")
	log.Info("scan begins", "targets", 256)
	log.Warn("answers lost")
	log.Error("blocklist not read again")
	l.close(errors.New("the end\nin two lines"))

	for _, want := range []string{
		"<14> xsweep: scan begins, scan-id=7, targets=256", "<12> xsweep: answers lost, scan-id=7",
		"<11> xsweep: blocklist not read again, scan-id=7", "<10> xsweep: the end; in two lines",
	} {
		priority, text, _ := strings.Cut(want, " xsweep: ")
		buf := make([]byte, 1024)
		system.SetReadDeadline(time.Now().Add(2 * time.Second))
		n, err := system.Read(buf)
		got := strings.TrimSpace(string(buf[:n]))
		if err != nil || !strings.HasPrefix(got, priority) || !strings.HasSuffix(got, ": "+text) {
			t.Errorf("syslog got %q (%v), want %s ... %s", got, err, priority, text)
		}
	}
}

// TestLogGoesOn behind whole lines and behind one that is not.
func TestLogGoesOn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	for left, want := range map[string]string{"": "next\n", "one\n": "one\nnext\n", "one\ntw": "one\ntw\nnext\n"} {
		write(t, path, left)
		for _, goesOn := range []bool{true, false} {
			f, err := openLogFile(path, goesOn)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString("next\n"); err != nil {
				t.Fatal(err)
			}
			f.Close()
			if !goesOn {
				want = "next\n"
			}
			if got := read(t, dir, "log"); got != want {
				t.Errorf("%q was there, goes on: %v; the log has %q, want %q", left, goesOn, got, want)
			}
		}
	}
	f, err := openLogFile(filepath.Join(dir, "new"), true)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestLogPath(t *testing.T) {
	at := time.Date(2026, 11, 21, 21, 3, 2, 0, time.FixedZone("", -5*3600))
	tests := []struct {
		options logOptions
		want    string
	}{
		{logOptions{}, ""},
		{logOptions{logFile: "scan.log"}, "scan.log"},
		{logOptions{logDirectory: "logs"}, "logs/xsweep-2026-11-21T210302-0500.log"},
	}
	for _, tt := range tests {
		if got := tt.options.path(at); got != tt.want {
			t.Errorf("path of %+v = %q, want %q", tt.options, got, tt.want)
		}
	}
}
