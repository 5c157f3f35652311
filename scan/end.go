package scan

import (
	"errors"

	"golang.org/x/sys/unix"
)

// End says why a scan ended.
type End string

// The ends that a scan can come to.
const (
	EndDone         End = "all targets probed"
	EndMaxTargets   End = "maximum number of targets probed"
	EndMaxRuntime   End = "maximum runtime reached"
	EndMaxResults   End = "maximum number of results reached"
	EndStopped      End = "stopped"
	EndCancelled    End = "cancelled"
	EndFailed       End = "failed"
	EndLowHitRate   End = "hit rate too low"
	EndSendFailures End = "too many send failures"
	EndReaderLeft   End = "output closed by its reader"
)

// An OutputError is what an Output returned.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "write results: " + e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }

// endOf says what an error of the output means: a pipe whose reader has had enough is no failure.
func endOf(err error) End {
	if errors.Is(err, unix.EPIPE) {
		return EndReaderLeft
	}
	return EndFailed
}
