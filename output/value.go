package output

// kind says what a value holds, independently of any output format.
type kind uint8

const (
	null        kind = iota
	integer          // n
	boolean          // n is 0 or 1
	text             // s
	address          // n is an IPv4 address in host order, shown in dotted form
	instant          // n is nanoseconds since the Unix epoch, shown as local date and time
	millis           // n is a duration in nanoseconds, shown in milliseconds with one decimal
	fingerprint      // the JA4TS of the record that the value is of
)

// typeName is ZMap's name for the type of a field with such values.
func (k kind) typeName() string {
	switch k {
	case integer:
		return "int"
	case boolean:
		return "bool"
	}
	return "string"
}

// isText tells whether a filter compares such values with words.
func (k kind) isText() bool { return k == text || k == fingerprint }

// longestValue is how many bytes the longest value of a record takes in any format, a JA4TS in quotes, with some to
// spare.
const longestValue = 104

// value is one field of one record. Addresses and times stay numbers, and a fingerprint stays in the record, so that a
// value is made without allocating, and each consumer formats or compares it in its own way. Its four words are as many
// as the compiler keeps in registers: with one more, a row takes twice as long.
type value struct {
	kind kind
	n    uint64
	s    string
}

// number is an integer of any width.
func number[T ~uint8 | ~uint16 | ~uint32 | ~uint64](n T) value {
	return value{kind: integer, n: uint64(n)}
}

func truth(b bool) value {
	if b {
		return value{kind: boolean, n: 1}
	}
	return value{kind: boolean}
}

func word(s string) value { return value{kind: text, s: s} }

func ipv4(addr uint32) value { return value{kind: address, n: uint64(addr)} }
