package scan

import (
	"reflect"
	"time"
)

// earlier is what the sessions before this one came to.
func (s *Scan) earlier() *Snapshot {
	if s.cfg.Resume == nil {
		return new(Snapshot)
	}
	return &s.cfg.Resume.Counters
}

// addEarlier makes the counters of a session those of the scan. Of the time before, only that of sending counts.
func (now *Snapshot) addEarlier(before *Snapshot) {
	now.Resumed = before.Resumed + 1
	if !before.Began.IsZero() {
		now.Away = max(now.Began.Sub(before.Began)-before.Sending, 0)
		now.Began = before.Began
	}
	now.Elapsed += before.Sending
	now.Sending += before.Sending
	now.Paused += before.Paused
	targets, rows := now.Targets, now.Rows
	addCounters(reflect.ValueOf(now).Elem(), reflect.ValueOf(before).Elem())
	now.Targets, now.Rows = targets, rows // the output counts on by itself
}

// addCounters adds every uint64 of one structure to that of another one of its type: all that are in a Snapshot count
// something, but for those that its methods set right.
func addCounters(to, from reflect.Value) {
	for i := range to.NumField() {
		switch field := to.Field(i); {
		case field.Kind() == reflect.Uint64 && field.CanSet():
			field.SetUint(field.Uint() + from.Field(i).Uint())
		case field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[time.Time]():
			addCounters(field, from.Field(i))
		}
	}
}

// planned is how many probes there will be in all: those of each target, and those that earlier sessions sent and that
// are sent again.
func (s *Scan) planned(now *Snapshot) uint64 {
	before, each := s.earlier(), uint64(s.cfg.Probes)
	again := before.Probes - min(before.Probes, before.Probed*each)
	return (now.Targets-min(now.Excluded, now.Targets))*each + again
}
