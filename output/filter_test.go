package output

import (
	"errors"
	"strings"
	"testing"
)

func mustFilter(t testing.TB, text string) *Filter {
	t.Helper()
	f, err := ParseFilter(text)
	if err != nil {
		t.Fatalf("ParseFilter(%q): %v", text, err)
	}
	return f
}

// kept says which of allShapes a filter keeps: a letter for each, as in "ab-d".
func kept(f *Filter) string {
	var b strings.Builder
	for i, r := range allShapes() {
		if f.Match(&r) {
			b.WriteByte("abcd"[i])
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

// TestFilterTakesZMapsGrammar has the comparisons that ZMap reads, in all of their forms. The records are a SYN-ACK
// with every option to 443, a bare repeated one to 80, a RST from 22 in the cool-down and an ICMP message about 8080.
func TestFilterTakesZMapsGrammar(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"nothing keeps everything", "", "abcd"},
		{"nothing but blanks", " \t\n", "abcd"},
		{"what ZMap does by default", "success = 1 && repeat = 0", "a---"},
		{"no blanks", "success=1&&repeat=0", "a---"},
		{"blanks and line ends anywhere", "\n success\t=\r\n1 ", "ab--"},
		{"equal", "sport = 80", "-b--"},
		{"not equal", "sport != 80", "a-cd"},
		{"less", "sport < 80", "--c-"},
		{"less or equal", "sport <= 80", "-bc-"},
		{"more", "sport > 80", "a--d"},
		{"more or equal", "sport >= 80", "ab-d"},
		{"nothing is less than 0", "sport < 0", "----"},
		{"a bool against any number", "success >= 1", "ab--"},
		{"a bool is 1 at most", "success = 2", "----"},
		{"a word", "classification = synack", "ab--"},
		{"not a word", "classification != synack", "--cd"},
		{"a word with the case wrong", "classification = SYNACK", "----"},
		{"&& binds tighter on the left", "sport = 22 && success = 1 || sport = 80", "-b--"},
		{"&& binds tighter on the right", "sport = 80 || sport = 22 && success = 1", "-b--"},
		{"parentheses change that", "(sport = 80 || sport = 22) && success = 0", "--c-"},
		{"more parentheses than needed", "((sport = 80))", "-b--"},
		{"leading zeros are decimal", "sport = 0080", "-b--"},
		{"an absent field", "icmp_unreach_str = foo", "----"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kept(mustFilter(t, tt.text)); got != tt.want {
				t.Errorf("filter %q keeps %s, want %s", tt.text, got, tt.want)
			}
		})
	}
}

// TestFilterTakesMoreThanZMap has what is new here.
func TestFilterTakesMoreThanZMap(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"double quotes", `icmp_unreach_str = "communication admin. prohibited"`, "---d"},
		{"single quotes", `icmp_unreach_str = 'communication admin. prohibited'`, "---d"},
		{"quotes around what needs none", `classification = "rst"`, "--c-"},
		{"quotes inside the others", `icmp_unreach_str = 'a "b"'`, "----"},
		{"an operator inside quotes", `classification = "a && b"`, "----"},
		{"nothing inside quotes", `classification = ""`, "----"},
		{"a word of one letter", "classification = a", "----"},
		{"an address", "saddr = 198.18.1.1", "a---"},
		{"not an address", "saddr != 198.18.1.1", "-bcd"},
		{"an address in quotes", "saddr = '198.18.1.1'", "a---"},
		{"an address that is absent", "icmp_responder = 198.18.0.254", "---d"},
		{"in a network", "saddr in 198.18.0.0/16", "ab-d"},
		{"in a network named by one of its hosts", "saddr in 198.18.9.9/16", "ab-d"},
		{"in a network in quotes", `saddr in "198.18.0.0/16"`, "ab-d"},
		{"in every network", "saddr in 0.0.0.0/0", "abcd"},
		{"in a network of one", "saddr in 198.18.1.1/32", "a---"},
		{"the network of one address is one", "saddr = 198.18.1.1/32", "a---"},
		{"in a list of networks and addresses", "saddr in (198.19.0.0/16, 198.18.1.2)", "-bc-"},
		{"in a list of numbers", "sport in (80, 443)", "ab--"},
		{"in a list of one", "sport in (80)", "-b--"},
		{"in one without parentheses", "sport in 80", "-b--"},
		{"in a list of words", "classification in (rst, 'icmp')", "--cd"},
		{"a bool in a list", "success in (0, 1)", "abcd"},
		{"a bool by itself", "success", "ab--"},
		{"bools by themselves", "success && repeat || cooldown", "-bc-"},
		{"not a bool", "!success", "--cd"},
		{"not a comparison", "!sport = 80", "a-cd"},
		{"not a list", "!sport in (80, 443)", "--cd"},
		{"not a parenthesis", "!(sport = 80 || cooldown)", "a--d"},
		{"not binds tighter than and", "!success && cooldown", "--c-"},
		{"not twice", "!!success", "ab--"},
		{"two equal signs", "sport == 80", "-b--"},
		{"and, or and not as words", "not success and cooldown or sport = 80", "-bc-"},
		{"words in upper case", "NOT sport IN (80) AND success OR cooldown", "a-c-"},
		{"no word is reserved", "classification = and || classification in (in, or, rst)", "--c-"},
		{"a number of 32 bits", "seqnum >= 2147483648", "a---"},
		{"a number of 64 bits", "tcpopt_ts_val <= 18446744073709551615", "a---"},
		{"nothing is more than the largest number", "seqnum > 18446744073709551615", "----"},
		{"an address as a number", "saddr_raw = 16847558", "a---"},
		{"a decoy", "success && !decoy", "a---"},
		{"a VLAN", "vlan = 42", "a---"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kept(mustFilter(t, tt.text)); got != tt.want {
				t.Errorf("filter %q keeps %s, want %s", tt.text, got, tt.want)
			}
		})
	}
}

// TestFilterOnNull compares fields that only the first record has, or only the last: != is true of the others, and
// nothing else is.
func TestFilterOnNull(t *testing.T) {
	tests := []struct {
		text, want string
	}{
		{"tcpopt_mss = 1460", "a---"},
		{"tcpopt_mss != 1460", "-bcd"},
		{"tcpopt_mss = 0", "----"},
		{"tcpopt_mss != 0", "abcd"},
		{"tcpopt_mss < 9999", "a---"},
		{"tcpopt_mss <= 9999", "a---"},
		{"tcpopt_mss > 0", "a---"},
		{"tcpopt_mss >= 0", "a---"},
		{"tcpopt_mss in (0, 1460)", "a---"},
		{"!(tcpopt_mss in (0, 1460))", "-bcd"},
		{"!(tcpopt_mss >= 536)", "-bcd"},
		{"icmp_type != 3", "abc-"},
		{"icmp_unreach_str = foo", "----"},
		{"icmp_unreach_str != foo", "abcd"},
		{`icmp_unreach_str = ""`, "----"},
		{"icmp_unreach_str in (foo, bar)", "----"},
		{"icmp_responder = 0.0.0.0", "----"},
		{"icmp_responder != 0.0.0.0", "abcd"},
		{"icmp_responder in 0.0.0.0/0", "---d"},
		{"vlan = 0", "----"},
	}
	for _, tt := range tests {
		if got := kept(mustFilter(t, tt.text)); got != tt.want {
			t.Errorf("filter %q keeps %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestFilterString(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"nothing", " ", ""},
		{"ZMap's is as it was", "success = 1 && repeat = 0", "success = 1 && repeat = 0"},
		{"blanks", "sport   in(80,443)", "sport in (80, 443)"},
		{"one in a list", "sport in 80", "sport in (80)"},
		{"a bare bool", "!success", "!(success = 1)"},
		{"a word", "classification != rst", `classification != "rst"`},
		{"a quote", `classification = 'a"b'`, `classification = 'a"b'`},
		{"the other quote", `classification = "a'b"`, `classification = "a'b"`},
		{"zeros and equal signs", "sport == 0080", "sport = 80"},
		{"a network", "saddr in 198.18.9.9/16", "saddr in (198.18.0.0/16)"},
		{"a network of one", "saddr in 198.18.9.9/32", "saddr in (198.18.9.9)"},
		{"words", "success and not repeat or cooldown", "(success = 1 && !(repeat = 1)) || cooldown = 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustFilter(t, tt.text).String(); got != tt.want {
				t.Errorf("String() of %q = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestZeroFilterKeepsEverything(t *testing.T) {
	var f Filter
	if f.String() != "" || kept(&f) != "abcd" {
		t.Errorf("the zero Filter is %q and keeps %s", f.String(), kept(&f))
	}
}

func TestFilterErrors(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"a letter missing", "succeess = 1", `column 1: unknown field "succeess": the nearest is "success"`},
		{"in the middle", "success && sprt = 1", `column 12: unknown field "sprt": the nearest is "sport"`},
		{"after text of several bytes a character", `classification = "ü" && foo`,
			`column 25: unknown field "foo"`},
		{"a word against a number", "sport = http", `column 9: "sport" is a number: want digits, found "http"`},
		{"quotes against a number", "sport = '80'", `column 9: "sport" is a number: want digits, found the text "80"`},
		{"a negative number", "sport = -1", `column 9: "sport" is a number: want digits, found "-1"`},
		{"a number in words of C", "sport = 0x50", `column 9: "sport" is a number: want digits, found "0x50"`},
		{"an address against a number", "saddr_raw = 1.2.3.4",
			`column 13: "saddr_raw" is a number: want digits, found "1.2.3.4"`},
		{"65 bits", "sport = 18446744073709551616", "column 9: 18446744073709551616 is more than 64 bits"},
		{"a word against a bool", "success = true", `column 11: "success" is a bool: want 1 or 0, found "true"`},
		{"a number against a string", "classification = 80", `column 18: "classification" is a string: put "80" in quotes`},
		{"an address against a string", "classification = 1.2.3.4",
			`column 18: "classification" is a string: put "1.2.3.4" in quotes`},
		{"order of strings", "classification < rst", `column 16: "<" is for numbers, and "classification" is a string`},
		{"order of addresses", "saddr >= 1.2.3.4", `column 7: ">=" is for numbers, and "saddr" is a string`},
		{"a word against an address", "saddr = foo",
			`column 9: "saddr" is an address: "foo" is neither an IPv4 address nor a network`},
		{"an octet too large", "saddr = 1.2.3.256",
			`column 9: "saddr" is an address: "1.2.3.256" is neither an IPv4 address nor a network`},
		{"a prefix too long", "saddr in 10.0.0.0/33",
			`column 10: "saddr" is an address: "10.0.0.0/33" is neither an IPv4 address nor a network`},
		{"IPv6", "saddr in '::/0'",
			`column 10: "saddr" is an address: the text "::/0" is neither an IPv4 address nor a network`},
		{"an address equal to a network", "saddr = 10.0.0.0/8",
			`column 9: "10.0.0.0/8" is a network: want saddr in 10.0.0.0/8`},
		{"a fingerprint without quotes", "ja4ts = 1024_2_1460_00",
			`column 9: "ja4ts" is a string: put "1024_2_1460_00" in quotes`},
		{"the fingerprint of the probe", "ja4t = 'x'", `column 1: "ja4t" is the same in every row: it cannot be compared`},
		{"the same in every row", "shard = 1", `column 1: "shard" is the same in every row: it cannot be compared`},
		{"text for people", "rtt < 5", `column 1: "rtt" is text for people: it cannot be compared`},
		{"no operator", "sport", `column 6: want an operator after "sport", such as = or in, found the end`},
		{"an operator ZMap does not have", "sport ! 80",
			`column 7: want an operator after "sport", such as = or in, found "!"`},
		{"no operand", "sport =", `column 8: "sport" is a number: want digits, found the end`},
		{"no text", "classification = &&",
			`column 18: "classification" is a string: want a word, or text in quotes, found "&&"`},
		{"no address", "saddr in (", `column 11: "saddr" is an address: the end is neither an IPv4 address nor a network`},
		{"no field", "&& sport = 80", `column 1: want a field, found "&&"`},
		{"nothing after &&", "success &&", "column 11: want a field, found the end"},
		{"nothing after !", "!", "column 2: want a field, found the end"},
		{"nothing in parentheses", "()", `column 2: want a field, found ")"`},
		{"quotes around a field", "'sport' = 80", `column 1: want a field, found the text "sport"`},
		{"a comparison too many", "success repeat", `column 9: want && or ||, found "repeat"`},
		{"an operand too many", "sport = 80 443", `column 12: want && or ||, found "443"`},
		{"half an operator", "success & repeat", `column 9: "&": did you mean "&&"?`},
		{"a parenthesis left open", "success && (repeat", "column 12: this ( has no partner"},
		{"a parenthesis too many", "success)", "column 8: this ) has no partner"},
		{"a comma in a parenthesis", "(success, repeat)", `column 9: want &&, || or ), found ","`},
		{"a list left open", "sport in (80", "column 10: this ( has no partner"},
		{"a list without commas", "sport in (80 443)", `column 14: want a comma or ), found "443"`},
		{"an empty list", "sport in ()", `column 11: "sport" is a number: want digits, found ")"`},
		{"a quote left open", "classification = 'rst", "column 18: this ' has no partner"},
		{"a letter of another alphabet", "classification = ü", `column 18: "ü" has no meaning here: put text in quotes`},
		{"a byte that is no character", "success \xff", `column 9: "\xff" has no meaning here: put text in quotes`},
		{"too long", strings.Repeat("(", 1<<16+1), "column 1: 65537 bytes of filter: the most is 65536"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseFilter(tt.text)
			if err == nil || err.Error() != tt.want {
				t.Errorf("ParseFilter(%.40q): %v, want %s", tt.text, err, tt.want)
			}
		})
	}
}

// TestFilterErrorPos counts bytes where the message counts characters.
func TestFilterErrorPos(t *testing.T) {
	const text = `classification = "ü" && foo`
	var bad *FilterError
	if _, err := ParseFilter(text); !errors.As(err, &bad) || bad.Text != text || text[bad.Pos:] != "foo" {
		t.Errorf("ParseFilter(%q): %#v, want a *FilterError at foo", text, err)
	}
}

func TestFilterAllocs(t *testing.T) {
	f := mustFilter(t, `success && !decoy && saddr in (198.18.0.0/15, 10.0.0.0/8) || icmp_unreach_str = "host unknown"`)
	records := allShapes()
	n := testing.AllocsPerRun(1000, func() {
		for i := range records {
			f.Match(&records[i])
		}
	})
	if n != 0 {
		t.Errorf("Match of four records allocates %v times, want 0", n)
	}
}
