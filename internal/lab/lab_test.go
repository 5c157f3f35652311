package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// linkNames lists the interfaces of the calling thread's namespace.
func linkNames(t testing.TB) []string {
	t.Helper()
	links, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range links {
		names = append(names, l.Attrs().Name)
	}
	slices.Sort(names)
	return names
}

// namespaces finds the network namespaces that this process holds by a descriptor or a thread.
func namespaces(t testing.TB) map[string]bool {
	t.Helper()
	held := map[string]bool{}
	for _, pattern := range []string{"/proc/self/fd/*", "/proc/self/task/*/ns/net"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if target, err := os.Readlink(path); err == nil && strings.HasPrefix(target, "net:[") {
				held[target] = true
			}
		}
	}
	return held
}

func currentNamespace() string {
	ns, _ := os.Readlink("/proc/thread-self/ns/net")
	return ns
}

// TestLabLeavesNothing compares the machine before, during and after.
func TestLabLeavesNothing(t *testing.T) {
	linksBefore, heldBefore := linkNames(t), namespaces(t)
	l := labtest.New(t, lab.Config{Queues: 2})
	if _, err := l.Simulate(lab.SimConfig{}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.AttachPass(l.Scanner); err != nil {
		t.Fatal(err)
	}
	if got := linkNames(t); !slices.Equal(got, linksBefore) {
		t.Errorf("interfaces beside the lab: %v, before: %v", got, linksBefore)
	}
	if err := l.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if got := linkNames(t); !slices.Equal(got, linksBefore) {
		t.Errorf("interfaces after the lab: %v, before: %v", got, linksBefore)
	}
	// A thread outlives its goroutine by a moment, one of an earlier test included: what was held before may be gone.
	added := func() map[string]bool {
		held := namespaces(t)
		maps.DeleteFunc(held, func(ns string, _ bool) bool { return heldBefore[ns] })
		return held
	}
	for deadline := time.Now().Add(5 * time.Second); len(added()) > 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if held := added(); len(held) > 0 {
		t.Errorf("namespaces still held after the lab: %v", held)
	}
	if _, err := l.Simulate(lab.SimConfig{}); !errors.Is(err, lab.ErrClosed) {
		t.Errorf("a closed lab simulates: %v, want %v", err, lab.ErrClosed)
	}
}

// TestHosts looks at both ends from inside.
func TestHosts(t *testing.T) {
	l := labtest.New(t, lab.Config{Queues: 3})
	for _, h := range []*lab.Host{l.Scanner, l.World} {
		t.Run(h.Interface(), func(t *testing.T) {
			err := h.Do(func() error {
				if got, want := linkNames(t), []string{"lo", h.Interface()}; !slices.Equal(got, want) {
					t.Errorf("interfaces are %v, want %v", got, want)
				}
				ifi, err := net.InterfaceByName(h.Interface())
				if err != nil {
					return err
				}
				if ifi.Index != h.Ifindex() || ifi.HardwareAddr.String() != h.MAC().String() || ifi.Flags&net.FlagUp == 0 {
					t.Errorf("interface is %+v; the host says index %d, address %v", ifi, h.Ifindex(), h.MAC())
				}
				addrs, err := ifi.Addrs()
				if err != nil {
					return err
				}
				if want := lab.ToAddr(h.Addr()).String() + "/32"; len(addrs) != 1 || addrs[0].String() != want {
					t.Errorf("addresses are %v, want only %s", addrs, want)
				}
				link, err := netlink.LinkByName(h.Interface())
				if err != nil {
					return err
				}
				if a := link.Attrs(); a.NumRxQueues != 3 || a.NumTxQueues != 3 {
					t.Errorf("%d receive and %d transmit queues, want 3 and 3", a.NumRxQueues, a.NumTxQueues)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRoutes asks the kernels where they would send what.
func TestRoutes(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	tests := []struct {
		host    *lab.Host
		dst     string
		gateway string // empty: none
		ok      bool
	}{
		{l.Scanner, "198.18.0.2", "", true},
		{l.Scanner, "198.18.0.3", "198.18.0.2", true},
		{l.Scanner, "198.19.255.255", "198.18.0.2", true},
		{l.Scanner, "203.0.113.1", "198.18.0.2", true},
		{l.World, "198.18.0.1", "", true},
		{l.World, "198.18.0.3", "", false},
		{l.World, "203.0.113.1", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.host.Interface()+" to "+tt.dst, func(t *testing.T) {
			var routes []netlink.Route
			err := tt.host.Do(func() (err error) {
				routes, err = netlink.RouteGet(net.ParseIP(tt.dst))
				return err
			})
			if (err == nil) != tt.ok {
				t.Fatalf("look up route: %v, want ok: %v", err, tt.ok)
			}
			if !tt.ok {
				return
			}
			r := routes[0]
			if !r.Gw.Equal(net.ParseIP(tt.gateway)) || r.LinkIndex != tt.host.Ifindex() || !r.Src.Equal(toIP(tt.host.Addr())) {
				t.Errorf("route is %v, want gateway %q on interface %d", r, tt.gateway, tt.host.Ifindex())
			}
		})
	}
}

func toIP(addr uint32) net.IP { return lab.ToAddr(addr).AsSlice() }

// TestDo checks where functions run and that nothing else moves.
func TestDo(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	home := currentNamespace()
	main, _ := os.Readlink("/proc/self/ns/net")
	seen := map[string]bool{home: true}
	for range 50 {
		for _, h := range []*lab.Host{l.Scanner, l.World} {
			if err := h.Do(func() error { seen[currentNamespace()] = true; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if now, _ := os.Readlink("/proc/self/ns/net"); currentNamespace() != home || now != main {
			t.Fatal("the caller's thread or the main thread has moved")
		}
	}
	if len(seen) != 3 {
		t.Errorf("functions ran in namespaces %v, want the test's and two more", seen)
	}
	errOwn := errors.New("own")
	if err := l.Scanner.Do(func() error { return errOwn }); !errors.Is(err, errOwn) {
		t.Errorf("Do returns %v, want the function's error", err)
	}
	if err := l.Scanner.Do(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("Do returns no error for a function that did not return")
	}
}

// TestChildProcess runs commands inside.
func TestChildProcess(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	var out strings.Builder
	cmd := exec.Command("cat", "/proc/self/net/dev")
	cmd.Stdout = &out
	if err := l.World.Run(cmd); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "world0:") || strings.Contains(out.String(), "scan0:") {
		t.Errorf("a child in the world's namespace sees the interfaces:\n%s", &out)
	}
	cmd = exec.Command("cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := l.World.Start(cmd); err == nil {
		t.Error("Start takes a parent-death signal, which would be sent at once")
	}
	if err := l.World.Run(exec.Command("false")); err == nil {
		t.Error("Run returns no error for a command that fails")
	}
}

// TestLock makes a second lab wait for the first.
func TestLock(t *testing.T) {
	first := labtest.New(t, lab.Config{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if l, err := lab.NewContext(ctx, lab.Config{}); !errors.Is(err, context.DeadlineExceeded) {
		l.Close()
		t.Fatalf("a second lab beside the first: %v, want %v", err, context.DeadlineExceeded)
	}
	beside, err := lab.New(lab.Config{NoLock: true})
	if err != nil {
		t.Fatalf("a lab without lock: %v", err)
	}
	defer beside.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	labtest.New(t, lab.Config{})
}

// TestQueueErrors refuses what the driver would.
func TestQueueErrors(t *testing.T) {
	for _, n := range []int{-1, 4097} {
		if l, err := lab.New(lab.Config{Queues: n}); err == nil {
			l.Close()
			t.Errorf("New takes %d queues", n)
		}
	}
}

// TestXDPAttached finds a program, and finds it gone.
func TestXDPAttached(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	if id, ok, err := l.Scanner.XDPAttached(); ok || err != nil {
		t.Fatalf("before: program %d, %v, error %v", id, ok, err)
	}
	pass, err := l.AttachPass(l.Scanner)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok, err := l.Scanner.XDPAttached(); id == 0 || !ok || err != nil {
		t.Errorf("attached: program %d, %v, error %v", id, ok, err)
	}
	if _, ok, _ := l.World.XDPAttached(); ok {
		t.Error("the other end has a program")
	}
	if err := pass.Close(); err != nil {
		t.Fatal(err)
	}
	if id, ok, err := l.Scanner.XDPAttached(); ok || err != nil {
		t.Errorf("detached: program %d, %v, error %v", id, ok, err)
	}
}

// TestMain serves TestKill, which needs a process to kill.
func TestMain(m *testing.M) {
	if os.Getenv("XSWEEP_LAB_VICTIM") == "1" {
		os.Exit(victim())
	}
	os.Exit(m.Run())
}

// victim makes a lab, says what is in it, and waits for its end.
func victim() int {
	l, err := lab.New(lab.Config{NoLock: true})
	if err == nil {
		_, err = l.Simulate(lab.SimConfig{})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	id, _, _ := l.World.XDPAttached()
	fmt.Println(id)
	time.Sleep(time.Minute)
	return 0
}

// TestKill ends a process that has a lab without giving it a chance to clean up.
func TestKill(t *testing.T) {
	labtest.New(t, lab.Config{}) // skips where there cannot be one
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "XSWEEP_LAB_VICTIM=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var id uint32
	if _, err := fmt.Fscan(bufio.NewReader(out), &id); err != nil || id == 0 {
		t.Fatalf("program of the other process: %d, %v", id, err)
	}
	if prog, err := ebpf.NewProgramFromID(ebpf.ProgramID(id)); err != nil {
		t.Fatalf("open program %d of a living process: %v", id, err)
	} else {
		prog.Close()
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		prog, err := ebpf.NewProgramFromID(ebpf.ProgramID(id))
		if errors.Is(err, os.ErrNotExist) {
			return
		}
		if err == nil {
			prog.Close()
		}
		if time.Now().After(deadline) {
			t.Fatalf("program %d outlives its process (%v)", id, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
