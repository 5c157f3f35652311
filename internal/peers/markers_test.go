package main

import (
	"strings"
	"testing"
)

const page = "# Title\n\n<!-- peers:rates -->\nold\nrows\n<!-- /peers:rates -->\n\nThe rest | of it.\n"

func TestBetween(t *testing.T) {
	want := strings.Replace(page, "old\nrows\n", "new\n", 1)
	once, err := between(page, "rates", "new\n")
	if err != nil || once != want {
		t.Errorf("between = %q, %v, want %q", once, err, want)
	}
	twice, err := between(once, "rates", "new\n")
	if err != nil || twice != once {
		t.Errorf("a second time = %q, %v, want no change", twice, err)
	}
}

func TestBetweenRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no markers", "# Title\n", "0 times"},
		{"no end", "<!-- peers:rates -->\n", "/peers:rates --> is there 0 times"},
		{"two tables", page + page, "2 times"},
		{"the end first", "<!-- /peers:rates -->\n<!-- peers:rates -->\n", "before its beginning"},
		{"markers of another table", strings.ReplaceAll(page, "rates", "recall"), "0 times"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := between(tt.text, "rates", "new\n"); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("between = %q, %v, want an error with %q", got, err, tt.want)
			}
		})
	}
}
