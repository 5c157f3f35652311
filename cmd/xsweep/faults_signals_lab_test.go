package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestSignals sends signals one after the other, at odd moments, and wants the exit code, whole rows and metadata. Where
// they end a scan at once, somebody goes on to press Ctrl-C until the process has ended.
func TestSignals(t *testing.T) {
	cooling := []string{"-n", "5000", "-c", "3"}
	tests := []struct {
		name    string
		args    []string
		await   string // in the log, before the first one
		signals []unix.Signal
		code    int
		ended   string
	}{
		{"SIGTERM", nil, "", []unix.Signal{unix.SIGTERM}, exitDone, "stopped"},
		{"SIGTERM, then SIGINT", []string{"-c", "3600"}, "", []unix.Signal{unix.SIGTERM, unix.SIGINT}, exitFailed, "cancelled"},
		{"SIGINT twice", []string{"-c", "3600"}, "", []unix.Signal{unix.SIGINT, unix.SIGINT}, exitFailed, "cancelled"},
		{"SIGHUP without a list", nil, "", []unix.Signal{unix.SIGHUP}, exitDone, "stopped"},
		{"SIGPIPE", nil, "", []unix.Signal{unix.SIGPIPE}, exitDone, "maximum number of targets probed"},
		{"SIGINT in the cool-down", cooling, " done (", []unix.Signal{unix.SIGINT}, exitDone, "maximum number of targets probed"},
		{"SIGINT twice in the cool-down", []string{"-n", "5000", "-c", "3600"}, " done (", []unix.Signal{unix.SIGINT, unix.SIGINT}, exitFailed,
			"cancelled"},
		{"SIGUSR1 and SIGHUP in the cool-down", cooling, " done (", []unix.Signal{unix.SIGUSR1, unix.SIGHUP}, exitDone,
			"maximum number of targets probed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := startFaulty(t, "xsk", tt.args...)
			if tt.await != "" {
				f.awaitText(t, tt.await)
			}
			f.signal(tt.signals[0])
			for _, sig := range tt.signals[1:] {
				if tt.ended == "cancelled" {
					f.awaitText(t, "interrupted: no more probes") // two that wait for delivery at once are one
				}
				f.signal(sig)
			}
			if tt.ended == "cancelled" {
				defer repeatSignal(f.cmd.Process, unix.SIGINT)()
			}
			f.end(t, tt.code)
			rows, n := f.checkRows(t), f.counters(t)
			if rows > n.Open || tt.code == exitDone && rows != n.Open {
				t.Errorf("%d rows, the world accepted %d", rows, n.Open)
			}
			if m := readMetadata(t, f.dir); m.Ended != tt.ended || (m.Error == "") != (tt.code == exitDone) {
				t.Errorf("the metadata say %q, %q; want %q", m.Ended, m.Error, tt.ended)
			}
		})
	}
}

// TestGivingUp presses Ctrl-C again and again while the metadata go to a pipe whose reader does not read: all else is
// complete, and the process ends with a line that names what may be missing.
func TestGivingUp(t *testing.T) {
	l, dir := labtest.New(t, lab.Config{}), t.TempDir()
	world := simulate(t, l, lab.SimConfig{Key: 64, Open: 0.5})
	fifo := filepath.Join(dir, "m.fifo")
	must(t, unix.Mkfifo(fifo, 0o600))
	reader, err := unix.Open(fifo, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(reader)
	for err == nil { // until nothing more goes in
		_, err = unix.Write(reader, make([]byte, 4096))
	}
	p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "0", "-q", "-l", "log", "-m", "m.fifo", "-o", "out.csv", "198.18.16.0/24")
	hang := time.AfterFunc(time.Minute, func() { p.cmd.Process.Kill() })
	defer hang.Stop()
	log := filepath.Join(dir, "log")
	waitForLog(t, log, "scan ended: all targets probed")
	defer repeatSignal(p.cmd.Process, unix.SIGINT)()
	p.waitFor(t, exitFailed)
	const want = "interrupted while the metadata file was being written: the last of it may be missing"
	if got := p.stderr.String(); got != "xsweep: "+want+"\n" {
		t.Errorf("stderr is %q", got)
	}
	for _, text := range []string{want, "interrupted again: the metadata file is still being written; once more, after "} {
		if n := strings.Count(read(t, log), text); n != 1 {
			t.Errorf("%q is %d times in the log:\n%s", text, n, read(t, log))
		}
	}
	checkRows(t, read(t, dir, "out.csv"), world, "198.18.16.0/24", 443)
}

// repeatSignal sends one every millisecond, until stop is called.
func repeatSignal(p *os.Process, sig unix.Signal) (stop func()) {
	tick, over := time.NewTicker(time.Millisecond), make(chan struct{})
	go func() {
		for {
			select {
			case <-tick.C:
				_ = p.Signal(sig) // there may be no process any more
			case <-over:
				return
			}
		}
	}()
	return func() {
		tick.Stop()
		close(over)
	}
}

// TestInterruptWhileOpening presses Ctrl-C before the scan has begun, while a gateway that is not there is asked for its
// address, and while a pipe is waited for: the process ends by that signal, as others do, says so in one line, and leaves
// nothing.
func TestInterruptWhileOpening(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	gateway(l, "198.18.0.77")(t)
	tests := []struct {
		name    string
		targets []string
		signals []unix.Signal
	}{
		{"SIGINT", []string{"198.18.7.0/24"}, []unix.Signal{unix.SIGINT}},
		{"SIGTERM", []string{"198.18.7.0/24"}, []unix.Signal{unix.SIGTERM}},
		{"SIGHUP", []string{"198.18.7.0/24"}, []unix.Signal{unix.SIGHUP}},
		{"a pipe", []string{"-w", "list"}, []unix.Signal{unix.SIGINT}},
		{"a pipe, twice", []string{"-w", "list"}, []unix.Signal{unix.SIGINT, unix.SIGINT}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "out.csv"), []byte("old results\n"), 0o644))
			must(t, unix.Mkfifo(filepath.Join(dir, "list"), 0o600))
			p := start(t, l, dir, append([]string{"--allow-special", "-p", "443", "-q", "-l", "log", "-o", "out.csv", "-m", "m.json", "-u", "u.csv",
				"--checkpoint", "scan.ckpt"}, tt.targets...)...)
			for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
				if _, err := os.Stat(filepath.Join(dir, "log")); err == nil { // from here on it is the same everywhere
					break
				}
			}
			time.Sleep(100 * time.Millisecond)
			for _, sig := range tt.signals {
				p.cmd.Process.Signal(sig)
				time.Sleep(100 * time.Millisecond) // two signals that wait for delivery at once are one
			}
			if code := p.wait(t); code != -1 {
				t.Errorf("exit code %d, want the end by a signal; stderr:\n%s", code, &p.stderr)
			}
			if got, want := p.stderr.String(), "xsweep: interrupted before the scan began: nothing was sent\n"; got != want {
				t.Errorf("stderr is %q, want %q", got, want)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 3 || read(t, dir, "out.csv") != "old results\n" {
				t.Errorf("%q are left, %v", left, err)
			}
		})
	}
}

// TestLogReaderLeaves closes the pipe that the log and the status go to: the scan goes on to its end all the same.
func TestLogReaderLeaves(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	f := &faulty{lab: l, dir: t.TempDir(), world: simulate(t, l, lab.SimConfig{Key: 63, Open: 0.1, CoveragePorts: []uint16{443}})}
	self, err := os.Executable()
	must(t, err)
	f.program = &program{cmd: exec.Command("sh", "-c", self+" --allow-special -p 443 -r 20k -n 40000 -c 1 -o out.csv -m m.json "+faultRange+
		" 2>&1 | head -n 5; exit 7")}
	f.cmd.Dir, f.cmd.Env = f.dir, append(os.Environ(), asXsweep+"="+currentNamespace())
	f.cmd.Stdout, f.cmd.Stderr = &f.stdout, &f.stderr
	must(t, l.Scanner.Start(f.cmd))
	f.end(t, 7) // of the shell, once both have ended
	if n := strings.Count(f.stdout.String(), "\n"); n != 5 {
		t.Errorf("%d lines of the log were read, want 5", n)
	}
	f.checkComplete(t, 0, 0)
}
