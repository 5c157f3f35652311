package xsk

import "fmt"

// Preference says how much an ability is wanted that a kernel, a driver or a machine may not have.
type Preference uint8

// The preferences.
const (
	Default Preference = iota // what the comment on the field says
	Avoid                     // do without it
	Prefer                    // use it where it can be had; Info says why not
	Require                   // use it, or Open fails
)

// preferenceNames is indexed by Preference.
var preferenceNames = [...]string{Default: "default", Avoid: "avoid", Prefer: "prefer", Require: "require"}

// String returns a word for p.
func (p Preference) String() string {
	if int(p) < len(preferenceNames) {
		return preferenceNames[p]
	}
	return fmt.Sprintf("Preference(%d)", uint8(p))
}

// wanted reports whether the ability is to be tried.
func (p Preference) wanted() bool { return p == Prefer || p == Require }

// or returns p, or d if p is Default.
func (p Preference) or(d Preference) Preference {
	if p == Default {
		return d
	}
	return p
}
