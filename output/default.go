package output

// DefaultFields returns the fields ZMap writes when the user names none: saddr, and sport as well where more than
// one port is scanned.
func DefaultFields(ports int) []Field {
	spec := "saddr"
	if ports > 1 {
		spec = "saddr,sport"
	}
	fields, _ := ParseFields(spec) // both are known
	return fields
}

// DefaultFilter is what ZMap keeps when the user says nothing about the output: hits that are new. It is meant
// for Config.Only.
func DefaultFilter(r *Record) bool { return r.Success && !r.Repeat }
