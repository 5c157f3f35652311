package privilege

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
	libcap "kernel.org/pub/linux/libs/security/libcap/cap"
)

// TestDrop looks at every thread, those that were locked before and those that were made after.
func TestDrop(t *testing.T) {
	needRoot(t)
	const none, noneButDAC = "0000000000000000", "0000000000000002"
	for _, tt := range []struct {
		name string
		keep string // argument of the child
		want string
	}{
		{name: "all", want: none},
		{name: "all but one", keep: "cap_dac_override", want: noneButDAC},
	} {
		t.Run(tt.name, func(t *testing.T) {
			threads := child(t, "drop", tt.keep)
			if len(threads) < 8 {
				t.Errorf("%d threads were looked at, want the 8 that were locked and more", len(threads))
			}
			want := "CapInh=" + none + " CapPrm=" + tt.want + " CapEff=" + tt.want + " CapBnd=" + none + " CapAmb=" + none +
				" NoNewPrivs=1"
			for _, got := range threads {
				if got != want {
					t.Errorf("a thread has\n     %s\nwant %s", got, want)
				}
			}
		})
	}
}

// dropInChild drops while some threads are locked, one of them in the kernel, and has others made later.
func dropInChild(args []string) error {
	var ready sync.WaitGroup
	forever := make(chan struct{})
	lock := func(then func()) {
		ready.Add(1)
		go func() {
			runtime.LockOSThread()
			ready.Done()
			then()
		}()
	}
	for range 3 {
		lock(func() { <-forever })
	}
	lock(func() {
		for {
			ts := unix.Timespec{Sec: 3600}
			_ = unix.Nanosleep(&ts, nil) // the signal that reaches this thread wakes it
		}
	})
	ready.Wait()
	var keep []Need
	if args[0] != "" {
		c, err := libcap.FromName(args[0])
		if err != nil {
			return err
		}
		keep = append(keep, Need{Cap: c})
	}
	if err := Drop(keep...); err != nil {
		return err
	}
	for range 4 {
		lock(func() { <-forever })
	}
	ready.Wait()
	tasks, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // it has ended meanwhile
		}
		fmt.Println(privileges(string(text)))
	}
	return nil
}

// privileges is the part of a status file that is about them.
func privileges(status string) string {
	var fields []string
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if strings.HasPrefix(name, "Cap") || name == "NoNewPrivs" {
			fields = append(fields, name+"="+strings.TrimSpace(value))
		}
	}
	return strings.Join(fields, " ")
}

// TestKeep is about root in directories and with files of others, and about a kernel that refuses.
func TestKeep(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	theirs, sticky, readOnly := filepath.Join(dir, "theirs"), filepath.Join(dir, "sticky"), filepath.Join(dir, "mine")
	for path, mode := range map[string]os.FileMode{theirs: 0o755, sticky: 0o777 | os.ModeSticky, readOnly: 0o755} {
		makeFor(t, path, mode)
	}
	if err := os.Chown(readOnly, 0, 0); err != nil {
		t.Fatal(err)
	}
	secret, old := filepath.Join(readOnly, "secret"), filepath.Join(sticky, "old")
	for path, mode := range map[string]os.FileMode{secret: 0o600, old: 0o644} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(readOnly, "link")
	if err := os.Symlink(filepath.Join(theirs, "target"), link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(theirs, "target"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string // w is written, r is read, k is a kernel that refuses
		want string
	}{
		"nothing":                          {want: ""},
		"standard output and nothing":      {args: []string{"w-", "w"}, want: ""},
		"a directory of its own":           {args: []string{"w" + readOnly + "/m.json"}, want: ""},
		"a device":                         {args: []string{"w/dev/null"}, want: ""},
		"a directory of another user":      {args: []string{"w" + readOnly + "/m.json", "w" + theirs + "/m.json"}, want: "CAP_DAC_OVERRIDE"},
		"a link into one":                  {args: []string{"w" + link}, want: "CAP_DAC_OVERRIDE"},
		"a new file where anybody may":     {args: []string{"w" + sticky + "/new"}, want: ""},
		"another user's file there":        {args: []string{"w" + old}, want: "CAP_FOWNER"},
		"a file that it may read":          {args: []string{"r" + old}, want: ""},
		"a file that it may not read":      {args: []string{"r" + secret}, want: "CAP_DAC_READ_SEARCH"},
		"a file that is not there":         {args: []string{"r" + readOnly + "/none"}, want: ""},
		"a kernel that wants a capability": {args: []string{"k"}, want: "CAP_BPF"},
		"all of it":                        {args: []string{"k", "w" + theirs + "/m", "w" + old, "r" + secret}, want: "CAP_BPF, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_DAC_READ_SEARCH"},
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			if got := child(t, "keep", tests[name].args...)[0]; got != tests[name].want {
				t.Errorf("kept %q, want %q", got, tests[name].want)
			}
		})
	}
}

// makeFor makes a directory of nobody's.
func makeFor(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
}

func keepInChild(args []string) error {
	var later Later
	for _, arg := range args {
		switch arg[0] {
		case 'w':
			later.Written = append(later.Written, arg[1:])
		case 'r':
			later.Read = append(later.Read, arg[1:])
		case 'k':
			later.Kernel = func() error {
				if isEffective(libcap.GetProc(), libcap.BPF) {
					return nil
				}
				return unix.EPERM
			}
		}
	}
	before := libcap.GetProc()
	fmt.Println(Names(later.Keep()))
	diff, err := before.Cf(libcap.GetProc())
	if diff != 0 {
		return errors.New("the process lost capabilities while it tried")
	}
	return err
}
