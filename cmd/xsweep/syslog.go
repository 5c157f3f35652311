package main

import (
	"context"
	"log/slog"
	"log/syslog"
)

// syslogHandler passes messages on to the system's log, which adds the time and the name of the program.
type syslogHandler struct {
	w     *syslog.Writer
	level slog.Level
	attrs string
}

func (h *syslogHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h *syslogHandler) Handle(_ context.Context, r slog.Record) error {
	text := logText(r, h.attrs)
	switch {
	case r.Level >= levelFatal:
		return h.w.Crit(text)
	case r.Level >= slog.LevelError:
		return h.w.Err(text)
	case r.Level >= slog.LevelWarn:
		return h.w.Warning(text)
	case r.Level >= slog.LevelInfo:
		return h.w.Info(text)
	}
	return h.w.Debug(text)
}

func (h *syslogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs += attrText(attrs)
	return &with
}

// WithGroup ignores the group, as logHandler does.
func (h *syslogHandler) WithGroup(string) slog.Handler { return h }
