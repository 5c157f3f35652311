package main

import (
	"fmt"
	"strings"
)

// between replaces what is between the markers of a name, which stay, by body. It is an error if either marker is not there,
// is there more than once, or if they are in the wrong order.
func between(text, name, body string) (string, error) {
	first, last := "<!-- peers:"+name+" -->\n", "<!-- /peers:"+name+" -->"
	for _, marker := range []string{first, last} {
		if n := strings.Count(text, marker); n != 1 {
			return "", fmt.Errorf("marker %s is there %d times: want once", strings.TrimSpace(marker), n)
		}
	}
	head, rest, _ := strings.Cut(text, first)
	_, tail, found := strings.Cut(rest, last)
	if !found {
		return "", fmt.Errorf("marker %s is before its beginning", last)
	}
	return head + first + body + last + tail, nil
}
