package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
)

// usage is the kernel's account of a child process.
type usage struct {
	cpu time.Duration // user and system time, in all threads
	rss int64         // largest resident size, in bytes
}

// runChild runs a command in the scanner's namespace and waits for its end, or ends it, and nothing else, when ctx is done.
func runChild(ctx context.Context, scanner *lab.Host, command string, args []string) (usage, error) {
	if err := checkConfined(scanner); err != nil {
		return usage{}, fmt.Errorf("%s is not started: %w", command, err)
	}
	var said bytes.Buffer
	child := exec.CommandContext(ctx, command, args...) // Process.Kill, on cancellation
	child.WaitDelay = 2 * time.Second
	child.Env = []string{"PATH=" + os.Getenv("PATH")} // tools take options from the environment
	child.Stdout, child.Stderr = &said, &said
	if err := scanner.Start(child); err != nil {
		return usage{}, err
	}
	memory := watchMemory(child.Process.Pid)
	err := child.Wait()
	rss := memory()
	if ctx.Err() != nil {
		err = errors.Join(err, context.Cause(ctx))
	}
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", child, err, lastLines(said.Bytes()))
	}
	return usage{cpu: child.ProcessState.UserTime() + child.ProcessState.SystemTime(), rss: rss}, nil
}

// errNotConfined keeps tools from running where they could send anywhere but into the lab.
var errNotConfined = errors.New("namespace is not the lab's")

// checkConfined makes sure that the namespace has the lab's interface and, but for the loopback, no other.
func checkConfined(scanner *lab.Host) error {
	return scanner.Do(func() error {
		all, err := net.Interfaces()
		if err != nil {
			return err
		}
		return onlyInterface(all, scanner.Interface())
	})
}

func onlyInterface(all []net.Interface, name string) error {
	found := false
	for _, ifi := range all {
		switch {
		case ifi.Name == name:
			found = true
		case ifi.Flags&net.FlagLoopback == 0:
			return fmt.Errorf("%w: it has interface %s", errNotConfined, ifi.Name)
		}
	}
	if !found {
		return fmt.Errorf("%w: it has no interface %s", errNotConfined, name)
	}
	return nil
}

// lastLines is the end of what a tool said, for an error.
func lastLines(text []byte) []byte {
	const enough = 2000
	return text[max(0, len(text)-enough):]
}
