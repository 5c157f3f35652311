package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	libcap "kernel.org/pub/linux/libs/security/libcap/cap"

	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/internal/privilege"
)

// nobody is a user without any right.
const nobody = 65534

// privilegedCopy is a copy of the test binary with file capabilities, in a directory that anybody may enter.
func privilegedCopy(t *testing.T, caps ...libcap.Value) (binary string) {
	t.Helper()
	dir := openDir(t)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "xsweep")
	if err := os.WriteFile(binary, self, 0o755); err != nil {
		t.Fatal(err)
	}
	if len(caps) == 0 {
		return binary
	}
	set := libcap.NewSet()
	if err := errors.Join(set.SetFlag(libcap.Permitted, true, caps...), set.SetFlag(libcap.Effective, true, caps...)); err != nil {
		t.Fatal(err)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	if fs.Flags&unix.ST_NOSUID != 0 {
		labtest.SkipOrFail(t, fmt.Errorf("%s is mounted nosuid, TMPDIR names another place: %w", dir, os.ErrPermission))
	}
	if err := set.SetFile(binary); err != nil {
		labtest.SkipOrFail(t, fmt.Errorf("give %s the capabilities %v: %w", binary, set, err))
	}
	return binary
}

// openDir is a directory that anybody may enter: those of t.TempDir are within one that is root's alone.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "xsweep-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// homeOfNobody is a directory that only nobody, and a capability, may write to.
func homeOfNobody(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(openDir(t), "home")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asNobody runs a copy of the program in the scanner's namespace as nobody, with 64 KiB of memory that may be locked.
func asNobody(t *testing.T, l *lab.Lab, ambient []libcap.Value, binary, dir string, args ...string) *program {
	t.Helper()
	// The shell lowers the limit, and becomes the program.
	limited := []string{"-c", `ulimit -l 64 && exec "$0" "$@"`, binary}
	p := &program{cmd: exec.Command("/bin/sh", append(limited, args...)...)}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), asXsweep+"="+currentNamespace())
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	for _, c := range ambient {
		p.cmd.SysProcAttr.AmbientCaps = append(p.cmd.SysProcAttr.AmbientCaps, uintptr(c))
	}
	if err := l.Scanner.Start(p.cmd); err != nil {
		t.Fatal(err)
	}
	return p
}

// everyNeed is what a scan takes to be opened.
func everyNeed() (caps []libcap.Value) {
	for _, n := range privilege.ToOpen() {
		caps = append(caps, n.Cap)
	}
	return caps
}

// TestFileCapabilities runs whole scans as nobody, by a binary with file capabilities and no right to lock memory: the
// rows are true, and the files are nobody's.
func TestFileCapabilities(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 61, Open: 0.05})
	const targets = "198.18.16.0/20"
	for _, engine := range []string{"xsk", "xdp"} {
		t.Run(engine, func(t *testing.T) {
			binary, dir := privilegedCopy(t, everyNeed()...), homeOfNobody(t)
			p := asNobody(t, l, nil, binary, dir, append(hitsOnly(), "-r", "20k", "-c", "1", "--engine", engine,
				"-o", "out.csv", "-o", "out.parquet", "-m", "meta.json", "-u", "status.csv", targets)...)
			p.waitFor(t, exitDone)
			checkRows(t, read(t, dir, "out.csv"), world, targets, 443)
			if want := "capabilities dropped, kept=0"; !strings.Contains(p.stderr.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, &p.stderr)
			}
			for _, name := range []string{"out.csv", "out.parquet", "meta.json", "status.csv"} {
				checkOwner(t, filepath.Join(dir, name), nobody)
			}
		})
	}
}

// TestAmbientCapabilities is the way of systemd: a process of nobody's that has been given capabilities.
func TestAmbientCapabilities(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 66, Open: 0.05})
	const targets = "198.18.16.0/20"
	p := asNobody(t, l, everyNeed(), privilegedCopy(t), homeOfNobody(t), append(hitsOnly(), "-r", "20k", "-c", "1", targets)...)
	p.waitFor(t, exitDone)
	checkRows(t, p.stdout.String(), world, targets, 443)
}

// checkOwner wants a file that holds something.
func checkOwner(t *testing.T, path string, uid uint32) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Errorf("%s: %v", path, err)
	} else if st.Uid != uid || st.Size == 0 {
		t.Errorf("%s is of user %d and has %d bytes, want user %d and some", path, st.Uid, st.Size, uid)
	}
}

// TestMissingCapability leaves out one at a time. The error names it and no other, the hint is the command that mends it,
// and nothing is sent.
func TestMissingCapability(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 62, Open: 0.05})
	for _, left := range privilege.ToOpen() {
		t.Run(left.String(), func(t *testing.T) {
			var caps []libcap.Value
			for _, c := range everyNeed() {
				if c != left.Cap {
					caps = append(caps, c)
				}
			}
			binary := privilegedCopy(t, caps...)
			p := asNobody(t, l, nil, binary, homeOfNobody(t), "--allow-special", "-p", "443", "-c", "0", "-o", "out.csv",
				"198.18.16.0/24")
			p.waitFor(t, exitFailed)
			checkRefusal(t, p, ": "+left.String()+" is missing",
				"sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon,cap_ipc_lock+ep "+binary)
		})
	}
	t.Run("all", func(t *testing.T) {
		binary := privilegedCopy(t)
		p := asNobody(t, l, nil, binary, "/", "--allow-special", "-p", "443", "-G", l.World.MAC().String(),
			"--engine", "xsk", "198.18.7.0/24")
		p.waitFor(t, exitFailed)
		checkRefusal(t, p, ": CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON are missing",
			"sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon,cap_ipc_lock+ep "+binary)
	})
	t.Run("all, and a dry run", func(t *testing.T) {
		p := asNobody(t, l, nil, privilegedCopy(t), "/", "--allow-special", "-p", "443", "--dryrun", "198.18.7.0/24")
		p.waitFor(t, exitDone)
		if n := strings.Count(p.stdout.String(), "tcp {"); n != 256 {
			t.Errorf("a dry run as nobody prints %d probes", n)
		}
	})
	if n, err := world.Counters(); err != nil || n.SYNs != 0 {
		t.Errorf("%d probes were sent, %v", n.SYNs, err)
	}
}

// TestPrivilegesOfRunningScan looks at all threads of a scan by root while it runs and notes checkpoints, has it read its
// blocklist again and change its rate, and stops it: all that goes on without a capability, and the program is detached.
func TestPrivilegesOfRunningScan(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 63, Open: 0.1})
	for _, engine := range []string{"xsk", "xdp"} {
		t.Run(engine, func(t *testing.T) {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			block := filepath.Join(dir, "block.txt")
			if err := os.WriteFile(block, []byte("198.18.0.0/24\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "10k", "-c", "1", "-q", "-v", "4", "--engine", engine,
				"-b", block, "-o", "out.csv", "-m", "meta.json", "-L", dir, "--checkpoint", "checkpoint", "--checkpoint-interval", "0.2",
				"198.18.0.3-198.19.255.255")
			waitForRows(t, filepath.Join(dir, "out.csv"))
			checkThreads(t, p.cmd.Process.Pid, "0000000000000000")
			waitFor(t, "a checkpoint", func() bool { _, err := os.Stat(filepath.Join(dir, "checkpoint")); return err == nil })
			if err := os.WriteFile(block, []byte("198.18.0.0/24\n198.18.1.0/24\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			log := func() string {
				files, err := filepath.Glob(filepath.Join(dir, "xsweep-*.log"))
				if err != nil || len(files) != 1 {
					t.Fatalf("log files %q, %v", files, err)
				}
				return read(t, files[0])
			}
			for sig, says := range map[unix.Signal]string{unix.SIGHUP: "blocklist read again, addresses=512, added=256", unix.SIGUSR1: "rate changed"} {
				p.cmd.Process.Signal(sig)
				waitFor(t, says, func() bool { return strings.Contains(log(), says) })
			}
			p.cmd.Process.Signal(unix.SIGINT)
			p.waitFor(t, exitDone)
			n, err := world.Counters()
			if err != nil {
				t.Fatal(err)
			}
			if rows := strings.Count(read(t, dir, "out.csv"), "\n"); uint64(rows) != n.Open {
				t.Errorf("%d rows of %d that the world accepted", rows, n.Open)
			}
			checkOwner(t, filepath.Join(dir, "meta.json"), 0)
			checkOwner(t, filepath.Join(dir, "checkpoint"), 0)
			if _, on, err := l.Scanner.XDPAttached(); err != nil || on {
				t.Errorf("an XDP program is left: %v, %v", on, err)
			}
		})
	}
}

// checkThreads wants every thread of a process to have these capabilities and no way to others.
func checkThreads(t *testing.T, pid int, caps string) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, task := range tasks {
		status, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		seen++
		for name, want := range map[string]string{"CapEff": caps, "CapPrm": caps, "CapInh": "0000000000000000",
			"CapAmb": "0000000000000000", "CapBnd": "0000000000000000", "NoNewPrivs": "1"} {
			if !bytes.Contains(status, []byte(name+":\t"+want+"\n")) {
				t.Errorf("%s is not %s on thread %s:\n%s", name, want, filepath.Base(filepath.Dir(task)), status)
			}
		}
	}
	if seen < 3 {
		t.Errorf("%d threads of %d were looked at", seen, len(tasks))
	}
}

// waitFor waits until something is so, and fails if it never is.
func waitFor(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !isSo(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in ten seconds: %s", what)
		}
	}
}

// TestOthersDirectory is root in a home of somebody else, with metadata and Parquet to be renamed there in the end and a
// blocklist that only its owner may read: what that takes is kept, and the log says so.
func TestOthersDirectory(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 64, Open: 0.1})
	dir := homeOfNobody(t)
	block := filepath.Join(dir, "block.txt")
	if err := errors.Join(os.WriteFile(block, []byte("198.18.0.0/24\n"), 0o600), os.Chown(block, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	p := start(t, l, dir, append(hitsOnly(), "-r", "10k", "-c", "1", "-b", block, "-o", "out.csv", "-o", "out.parquet",
		"-m", "meta.json", "198.18.0.3-198.19.255.255")...)
	waitForRows(t, filepath.Join(dir, "out.csv"))
	checkThreads(t, p.cmd.Process.Pid, "0000000000000006") // CAP_DAC_OVERRIDE is 1, CAP_DAC_READ_SEARCH 2
	p.cmd.Process.Signal(unix.SIGHUP)
	for _, what := range []string{"capability kept, capability=CAP_DAC_OVERRIDE", "capability kept, capability=CAP_DAC_READ_SEARCH",
		"blocklist read again"} {
		waitFor(t, what, func() bool { return strings.Contains(p.stderr.String(), what) })
	}
	p.cmd.Process.Signal(unix.SIGINT)
	p.waitFor(t, exitDone)
	n, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(read(t, dir, "out.csv"), "\n"); uint64(rows) != n.Open {
		t.Errorf("%d rows of %d that the world accepted", rows, n.Open)
	}
	for _, name := range []string{"out.csv", "out.parquet", "meta.json"} {
		checkOwner(t, filepath.Join(dir, name), 0)
	}
}

// TestCheckpointByLink: a checkpoint takes the place of what a link of its name leads to, and so has one name, lock and
// memory for all; where that is nothing, the place of the link. The fence is not in the way.
func TestCheckpointByLink(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 66, Open: 0.1})
	dir := t.TempDir()
	for _, sub := range []string{"results", "old", "links"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	scan := func(checkpoint string) {
		t.Helper()
		p := start(t, l, dir, "--allow-special", "-p", "443", "-c", "0", "-q", "-v", "2", "-o", "results/"+filepath.Dir(checkpoint)+".csv",
			"--checkpoint", checkpoint, "198.18.5.0/24")
		p.waitFor(t, exitDone)
		if p.stderr.Len() > 0 {
			t.Errorf("standard error: %s", &p.stderr)
		}
	}
	scan("old/scan.ckpt")
	if err := os.Symlink("../old/scan.ckpt", filepath.Join(dir, "links/scan.ckpt")); err != nil {
		t.Fatal(err)
	}
	scan("links/scan.ckpt")
	if to, err := os.Readlink(filepath.Join(dir, "links/scan.ckpt")); err != nil {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	f, err := checkpoint.Load(filepath.Join(dir, "old/scan.ckpt"))
	if err != nil || !f.Complete || !strings.HasSuffix(f.Outputs[0].Path, "links.csv") {
		t.Errorf("the checkpoint that the link leads to is of %v, %v", f.Outputs, err)
	}
	if err := os.Remove(filepath.Join(dir, "old/scan.ckpt")); err != nil {
		t.Fatal(err)
	}
	scan("links/scan.ckpt")
	if info, err := os.Lstat(filepath.Join(dir, "links/scan.ckpt")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("links/scan.ckpt is %v, %v, want the checkpoint in the place of a link to nothing", info, err)
	}
	for _, sub := range []string{"old", "links"} {
		if left, err := filepath.Glob(filepath.Join(dir, sub, "*.*.*")); err != nil || len(left) > 0 {
			t.Errorf("%v are left, %v", left, err)
		}
	}
}

// TestMetadataToPipe writes them, behind the fence, to what has no directory.
func TestMetadataToPipe(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 65, Open: 0.1})
	for _, path := range []string{"-", "/dev/stdout", "/proc/self/fd/1"} {
		p := start(t, l, t.TempDir(), append(hitsOnly(), "-c", "0", "-o", "out.csv", "-m", path, "198.18.16.0/28")...)
		p.waitFor(t, exitDone)
		if !strings.HasPrefix(p.stdout.String(), "{") || !strings.Contains(p.stderr.String(), "fence: ") {
			t.Errorf("-m %s: standard output is %q, the log:\n%s", path, &p.stdout, &p.stderr)
		}
	}
}

// hitsOnly are options that make all files hold the same rows, with a log that tells of privileges.
func hitsOnly() []string {
	return []string{"--allow-special", "-p", "443", "-q", "-v", "4", "-f", "saddr", "--output-filter", "success = 1 && repeat = 0",
		"--no-header-row"}
}
