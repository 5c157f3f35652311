// Command xsweep finds open TCP ports: it sends one SYN to every target and records who answers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errNotReady) {
		return exitFailed // the report says it
	}
	fmt.Fprintln(stderr, "xsweep:", oneLine(err))
	if early, ok := errors.AsType[*notBegunError](err); ok {
		early.die()
	}
	if hint := hintFor(err); hint != "" {
		fmt.Fprintln(stderr, "xsweep: hint:", hint)
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(stderr, "xsweep: '%s --help' lists the options\n", usage.command)
		return exitUsage
	}
	return exitFailed
}

// oneLine keeps errors that were joined on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// A usageError is about the command line itself.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{cmd.CommandPath(), fmt.Errorf(format, args...)}
}
