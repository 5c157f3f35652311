package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// levels are ZMap's, 0 to 5. Libraries log at slog's own.
var levelNames = [...]string{"FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"}

const (
	levelTrace = slog.LevelDebug - 4
	levelFatal = slog.LevelError + 4
)

// verbosityLevel is the least level that is shown.
func verbosityLevel(v int) slog.Level {
	return [...]slog.Level{levelFatal, slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug, levelTrace}[v]
}

func levelName(l slog.Level) string {
	switch {
	case l >= levelFatal:
		return levelNames[0]
	case l >= slog.LevelError:
		return levelNames[1]
	case l >= slog.LevelWarn:
		return levelNames[2]
	case l >= slog.LevelInfo:
		return levelNames[3]
	case l >= slog.LevelDebug:
		return levelNames[4]
	}
	return levelNames[5]
}

// logHandler writes lines such as ZMap's: "Nov 21 21:03:02.960 [INFO] xsweep: completed".
type logHandler struct {
	w     io.Writer
	mu    *sync.Mutex
	level slog.Level
	attrs string
}

func newLogHandler(w io.Writer, verbosity int) slog.Handler {
	return &logHandler{w: w, mu: new(sync.Mutex), level: verbosityLevel(verbosity)}
}

func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	line := fmt.Sprintf("%s [%s] xsweep: %s\n", r.Time.Format("Jan 02 15:04:05.000"), levelName(r.Level), logText(r, h.attrs))
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, line)
	return err
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs += attrText(attrs)
	return &with
}

// WithGroup ignores the group: no message here has so many attributes that they need one.
func (h *logHandler) WithGroup(string) slog.Handler { return h }

// logText is what a message says, attributes included; before are those that its logger has.
func logText(r slog.Record, before string) string {
	var b strings.Builder
	b.WriteString(r.Message)
	b.WriteString(before)
	r.Attrs(func(a slog.Attr) bool {
		appendAttr(&b, a)
		return true
	})
	return b.String()
}

func attrText(attrs []slog.Attr) string {
	var b strings.Builder
	for _, a := range attrs {
		appendAttr(&b, a)
	}
	return b.String()
}

func appendAttr(b *strings.Builder, a slog.Attr) {
	value := a.Value.String()
	if strings.ContainsAny(value, " \t\n\"") {
		value = fmt.Sprintf("%q", value)
	}
	fmt.Fprintf(b, ", %s=%s", a.Key, value)
}
