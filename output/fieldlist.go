package output

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxFields is the longest field list that is accepted; ZMap has the same limit.
const MaxFields = 128

// ErrUnknownField is what errors of ParseFields and ParseFilter are that name a field that there is not.
var ErrUnknownField = errors.New("unknown output field")

// ParseFields reads a field list such as "saddr, sport, success": names separated by commas or blanks, as in
// ZMap, in any order and as often as wanted. "*" stands for all of Fields. An unknown name is an error that
// holds the name and the field most like it, if one is: ErrUnknownField. Errors are also an empty list and one of more
// than MaxFields.
func ParseFields(spec string) ([]Field, error) {
	all := Fields()
	var list []Field
	for name := range strings.FieldsFuncSeq(spec, isSeparator) {
		if name == "*" {
			list = append(list, all...)
		} else {
			f, ok := find(all, name)
			if !ok {
				return nil, fmt.Errorf("%w %q%s", ErrUnknownField, name, nearestField(all, name))
			}
			list = append(list, f)
		}
		if len(list) > MaxFields {
			return nil, fmt.Errorf("more than %d output fields", MaxFields)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("empty list of output fields")
	}
	return list, nil
}

func isSeparator(r rune) bool { return r == ',' || r == ' ' || r == '\t' }

func find(all []Field, name string) (f Field, ok bool) {
	i := slices.IndexFunc(all, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return all[i], true
}

// nearestField names the field that somebody who typed name most likely meant, if there is one like it.
func nearestField(all []Field, name string) string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Name
	}
	return nearestText(name, names)
}

// FieldList returns what --list-output-fields prints: a line "name type: description" for every field, in the order
// of "*".
func FieldList() string {
	var b strings.Builder
	for _, f := range Fields() {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Name, f.Type, f.Desc)
	}
	return b.String()
}
