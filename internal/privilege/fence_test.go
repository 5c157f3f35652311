package privilege

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFence tries in a child what is allowed and what is not. It needs no root.
func TestFence(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	for _, dir := range []string{in, out} {
		for _, name := range []string{"old", "gone"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("old\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	fifo := filepath.Join(out, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	lines := child(t, "fence", in, out, fifo)
	if lines[0] == "version 0" {
		t.Skip("this kernel has no Landlock")
	}
	version := 0
	if _, err := fmt.Sscanf(lines[0], "version %d", &version); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"write a file inside: yes", "make a file inside: yes", "rename inside: yes", "remove inside: yes",
		"write to a named pipe: yes", "write to /dev/null: yes", "write what was open: yes", "read outside: yes",
		"write a file outside: no", "make a file outside: no", "rename outside: no", "remove outside: no",
		"from another thread: no", "make a directory inside: no", "execute: no",
	}
	if version >= 3 {
		want = append(want, "truncate outside: no")
	}
	if version >= 4 {
		want = append(want, "listen on a TCP port: no", "connect by TCP: no", "connect by TCP to a name server: yes")
	}
	for _, line := range want {
		if !slices.Contains(lines, line) {
			t.Errorf("it is not so: %s\nthe child says: %q", line, lines)
		}
	}
}

func fenceInChild(args []string) error {
	in, out, fifo := args[0], args[1], args[2]
	opened, err := os.OpenFile(filepath.Join(out, "old"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	version, err := Fence(filepath.Join(in, "some.json"), fifo, "", "-", filepath.Join(in, "other.json"))
	if err != nil {
		return err
	}
	fmt.Println("version", version)
	tried := func(what string, err error) {
		switch {
		case err == nil:
			fmt.Printf("%s: yes\n", what)
		case errors.Is(err, unix.EACCES):
			fmt.Printf("%s: no\n", what)
		default:
			fmt.Printf("%s: %v\n", what, err)
		}
	}
	for where, dir := range map[string]string{"inside": in, "outside": out} {
		tried("write a file "+where, write(filepath.Join(dir, "old"), os.O_WRONLY))
		tried("truncate "+where, os.Truncate(filepath.Join(dir, "old"), 1))
		tried("make a file "+where, write(filepath.Join(dir, "new"), os.O_WRONLY|os.O_CREATE))
		tried("rename "+where, os.Rename(filepath.Join(dir, "old"), filepath.Join(dir, "other")))
		tried("remove "+where, os.Remove(filepath.Join(dir, "gone")))
		tried("make a directory "+where, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	}
	_, err = os.ReadFile(filepath.Join(out, "old"))
	tried("read outside", err)
	_, err = opened.WriteString("more\n")
	tried("write what was open", err)
	tried("write to a named pipe", write(fifo, os.O_RDWR)) // RDWR: not to wait for a reader
	tried("write to /dev/null", write(os.DevNull, os.O_WRONLY))
	for _, err := range inThreads(func() error { return write(filepath.Join(out, "new"), os.O_WRONLY|os.O_CREATE) }) {
		tried("from another thread", err)
	}
	tried("execute", exec.Command("/bin/true").Run())
	here := func(port int) unix.Sockaddr { return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}} }
	tried("listen on a TCP port", withTCP(func(fd int) error { return unix.Bind(fd, here(0)) }))
	tried("connect by TCP", withTCP(func(fd int) error { return unix.Connect(fd, here(80)) }))
	err = withTCP(func(fd int) error { return unix.Connect(fd, here(dns)) })
	if errors.Is(err, unix.ECONNREFUSED) {
		err = nil // it has been asked
	}
	tried("connect by TCP to a name server", err)
	return nil
}

func write(path string, flag int) error {
	f, err := os.OpenFile(path, flag, 0o644)
	if err == nil {
		err = f.Close()
	}
	return err
}

// withTCP has a socket of plain TCP: net.Listen makes one of Multipath TCP, which Landlock does not know.
func withTCP(do func(fd int) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(fd)
}

// inThreads calls do on four threads at once.
func inThreads(do func() error) []error {
	var locked, done sync.WaitGroup
	errs := make([]error, 4)
	locked.Add(len(errs))
	for i := range errs {
		done.Go(func() {
			runtime.LockOSThread()
			locked.Done()
			locked.Wait()
			errs[i] = do()
		})
	}
	done.Wait()
	return errs
}
