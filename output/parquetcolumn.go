package output

import (
	"slices"

	"github.com/parquet-go/parquet-go"
)

// parquetColumn turns the values of one field into those of the library.
type parquetColumn struct {
	column
	index  int
	narrow bool // 32 bits
	w      *parquet.ColumnWriter
	values []parquet.Value
}

// Levels of a value in a column that is optional and not repeated.
const (
	notRepeated = 0
	isNull      = 0
	isPresent   = 1
)

// value makes c's field of r one of the column. The bytes of texts are appended to texts, which grows; the values made
// earlier go on pointing to where theirs were.
func (c *parquetColumn) value(r *Record, clock *clock, texts []byte) (parquet.Value, []byte) {
	at := len(texts)
	v := c.get(r)
	switch v.kind {
	case null:
		return parquet.NullValue().Level(notRepeated, isNull, c.index), texts
	case boolean:
		return parquet.BooleanValue(v.n != 0).Level(notRepeated, isPresent, c.index), texts
	case integer:
		if c.narrow {
			return parquet.Int32Value(int32(uint32(v.n))).Level(notRepeated, isPresent, c.index), texts
		}
		return parquet.Int64Value(int64(v.n)).Level(notRepeated, isPresent, c.index), texts
	case text:
		texts = append(texts, v.s...)
	case address:
		texts = appendDotted(texts, uint32(v.n))
	case instant:
		texts = clock.append(texts, v.n)
	case millis:
		texts = appendMillis(texts, v.n)
	case fingerprint:
		texts = r.appendJA4(texts)
	}
	return parquet.ByteArrayValue(texts[at:]).Level(notRepeated, isPresent, c.index), texts
}

// parquetSchema makes a column for each of fields, whose types are in described.
//
// Every column is optional, whether or not its field can be null: that is for the fields to know, and the level that
// says so is a run of ones, two bytes a page.
func parquetSchema(fields []column, described []Field) ([]parquetColumn, *parquet.Schema) {
	columns := make([]parquetColumn, len(fields))
	group := make(parquet.Group)
	for i, f := range fields {
		at := slices.IndexFunc(described, func(d Field) bool { return d.Name == f.name })
		columns[i] = parquetColumn{column: f, index: i, narrow: isNarrow(f.name)}
		group[f.name] = parquet.Optional(columns[i].node(described[at].Type))
	}
	return columns, parquet.NewSchema("xsweep", &ordered{group, fields})
}

// node is the type of the column for what Field.Type says.
func (c *parquetColumn) node(fieldType string) parquet.Node {
	switch {
	case fieldType == "string":
		return parquet.String()
	case fieldType == "bool":
		return parquet.Leaf(parquet.BooleanType)
	case c.narrow:
		return parquet.Uint(32)
	}
	return parquet.Int(64)
}

// isNarrow says whether the values of an integer field fit 32 bits without a sign, by what the wire has for it. A field
// that is not listed gets 64 bits.
func isNarrow(name string) bool {
	switch name {
	case "saddr_raw", "daddr_raw", "ipid", "ttl", "sport", "dport", "seqnum", "acknum", "window",
		"tcpopt_mss", "tcpopt_sack_perm", "tcpopt_ts_val", "tcpopt_ts_ecr", "vlan", "shard",
		"icmp_type", "icmp_code", "timestamp_us":
		return true
	}
	return false
}

// ordered is a Group that keeps the columns as the user has ordered them; a Group sorts them by name.
type ordered struct {
	parquet.Group
	columns []column
}

func (o *ordered) Fields() []parquet.Field {
	fields := o.Group.Fields()
	position := func(f parquet.Field) int {
		return slices.IndexFunc(o.columns, func(c column) bool { return c.name == f.Name() })
	}
	slices.SortFunc(fields, func(a, b parquet.Field) int { return position(a) - position(b) })
	return fields
}
