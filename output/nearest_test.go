package output

import "testing"

// TestNearest: what is near is named, and what is not is not.
func TestNearest(t *testing.T) {
	names := []string{"saddr", "sport", "ttl", "success", "classification", "timestamp_str", "tcpopt_mss"}
	for _, tt := range []struct{ name, want string }{
		{"spot", "sport"},
		{"sadr", "saddr"},
		{"TTL", "ttl"},
		{"til", "ttl"},
		{"mss", "tcpopt_mss"},
		{"timestamp", "timestamp_str"},
		{"clssifcaton", "classification"}, // three of fourteen
		{"foo", ""},
		{"tl", "ttl"},
		{"x", ""},
		{"", ""},
		{"\x00", ""},
		{"sequence", ""}, // five of eight from success
		{"failure", ""},
		{"address_of_the_host", ""},
	} {
		if got := Nearest(tt.name, names); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := Nearest("saddr", nil); got != "" {
		t.Errorf("of no names the nearest is %q", got)
	}
}
