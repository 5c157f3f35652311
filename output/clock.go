package output

import "time"

// timestampLayout is ZMap's timestamp_str. From 1970 to 2262, which is all that Record.Time can say, every time in
// every zone is exactly as long as the layout.
const timestampLayout = "2006-01-02T15:04:05.000-0700"

// millisAt is where the three digits of the milliseconds begin.
const millisAt = len("2006-01-02T15:04:05.")

// clock formats times. It keeps the text of the last second, since thousands of answers share one, and patches
// the milliseconds in: an offset from UTC never changes within a second.
type clock struct {
	loc    *time.Location
	second uint64 // seconds since the epoch that text stands for
	text   []byte
}

func newClock(loc *time.Location) clock {
	c := clock{loc: loc, text: make([]byte, 0, len(timestampLayout))}
	c.set(0)
	return c
}

func (c *clock) set(second uint64) {
	c.second = second
	c.text = time.Unix(int64(second), 0).In(c.loc).AppendFormat(c.text[:0], timestampLayout)
}

// append appends the time ns nanoseconds after the epoch. Milliseconds are cut, not rounded, as in ZMap.
func (c *clock) append(dst []byte, ns uint64) []byte {
	if second := ns / 1e9; second != c.second {
		c.set(second)
	}
	ms := ns / 1e6 % 1000
	at := len(dst) + millisAt
	dst = append(dst, c.text...)
	dst[at] = '0' + byte(ms/100)
	dst[at+1] = '0' + byte(ms/10%10)
	dst[at+2] = '0' + byte(ms%10)
	return dst
}
