package conffile

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, line string
		want       Entry // the line is 1
	}{
		{"a bare name", "quiet", Entry{Name: "quiet"}},
		{"a bare name and a remark", "quiet # no status line", Entry{Name: "quiet"}},
		{"a bare name with a number sign in it", "quiet#", Entry{Name: "quiet#"}}, // as ZMap does: an unknown option
		{"a value after blanks", "rate \t 10000", Entry{Name: "rate", Value: "10000"}},
		{"a value after =", "rate=10000", Entry{Name: "rate", Value: "10000"}},
		{"a value after = between blanks", "  rate = 10000  ", Entry{Name: "rate", Value: "10000"}},
		{"a value right before a remark", "rate 10000# slow", Entry{Name: "rate", Value: "10000"}},
		{"double quotes", `notes "one 'two' #3"`, Entry{Name: "notes", Value: "one 'two' #3"}},
		{"single quotes", `user-metadata '{"a": 1}' # JSON`, Entry{Name: "user-metadata", Value: `{"a": 1}`}},
		{"an empty value", `config ""`, Entry{Name: "config"}},
		{"an empty value after =", "config=", Entry{Name: "config"}},
		{"the end of a line of Windows", "rate 10000\r\n", Entry{Name: "rate", Value: "10000"}},
		{"an = within a value", "output-filter=a=b", Entry{Name: "output-filter", Value: "a=b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Line = 1
			tt.want.HasValue = !strings.HasPrefix(tt.name, "a bare name")
			got, err := Parse("file", tt.line)
			if err != nil || !reflect.DeepEqual(got, []Entry{tt.want}) {
				t.Errorf("Parse(%q) = %+v, %v; want %+v", tt.line, got, err, tt.want)
			}
		})
	}
}

func TestParseCountsLines(t *testing.T) {
	got, err := Parse("file", "\n# a remark\n   \nrate 1\n\tquiet\n")
	want := []Entry{{Name: "rate", Value: "1", HasValue: true, Line: 4}, {Name: "quiet", Line: 5}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Parse = %+v, %v; want %+v", got, err, want)
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"a second word", "notes two words", `file:2: "words" after the value: a value with blanks or quotes needs quotes around it`},
		{"quotes in the middle", `user-metadata {"a":1}`, `file:2: "\"a\":1}" after the value: `},
		{"an open quote", `notes "one`, `file:2: no " at the end of "one`},
		{"no name", "= 5", "file:2: no name before the ="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse("file", "quiet\n"+tt.line+"\n")
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Parse(%q) = %v, %v; want the error %q", tt.line, got, err, tt.want)
			}
		})
	}
}

// FuzzFormat holds Format against Parse: what one writes, the other reads.
func FuzzFormat(f *testing.F) {
	f.Add("rate", "10000", true)
	f.Add("notes", `a "b" #c`, true)
	f.Add("notes", `both " and '`, true)
	f.Add("notes", "two\nlines", true)
	f.Add("quiet", "", false)
	f.Fuzz(func(t *testing.T, name, value string, hasValue bool) {
		if name == "" || strings.ContainsAny(name, blanks+"=#") || !hasValue && value != "" {
			t.Skip()
		}
		want := Entry{Name: name, Value: value, HasValue: hasValue, Line: 1}
		line, ok := Format(want)
		if !ok {
			return
		}
		got, err := Parse("file", line+" # where it is from\n")
		if err != nil || !reflect.DeepEqual(got, []Entry{want}) {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", line, got, err, want)
		}
	})
}
