package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/output"
)

// TestDefaultOutputIsExplained: what the log calls the same as the default is the same, with several ports, too.
func TestDefaultOutputIsExplained(t *testing.T) {
	for ports, want := range map[int]string{1: "--output-fields=saddr ", 2: "--output-fields=saddr,sport "} {
		s := outputSettings{isDefault: true}
		s.rows.Fields = output.DefaultFields(ports)
		var text bytes.Buffer
		s.log(slog.New(newLogHandler(&text, 3)))
		if !strings.Contains(text.String(), want) {
			t.Errorf("with %d ports the log does not say %q: %s", ports, want, &text)
		}
	}
}
