package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/xsweep/xsweep/blocklist"
)

// largeScan is the number of addresses above which a scan wants a blocklist: a /8.
const largeScan = 1 << 24

// These are refusals that a hint explains.
var (
	errNoTargets = errors.New("no targets left")
	errSpecial   = errors.New("no targets left") // because they are special-purpose
	errUnlisted  = errors.New("more than a /8 and no blocklist file")
)

// targetSet is what may be probed, and how it came about.
type targetSet struct {
	allowed  *blocklist.Set
	asked    uint64 // addresses asked for
	special  uint64 // of them, left out as special-purpose
	blocked  uint64 // of the rest, left out by blocklist files
	hasBlock bool
}

// readTargets joins what is asked for and takes away what is not to be probed.
func readTargets(o *options, args []string) (*targetSet, error) {
	asked, err := askedFor(o, args)
	if err != nil {
		return nil, err
	}
	t := &targetSet{allowed: asked, asked: asked.Len(), hasBlock: len(o.blocklistFiles) > 0}
	if !o.allowSpecial {
		t.allowed = t.allowed.Minus(blocklist.SpecialSet())
		t.special = t.asked - t.allowed.Len()
	}
	before := t.allowed.Len()
	blocked, err := readLists(o.blocklistFiles)
	if err != nil {
		return nil, err
	}
	t.allowed = t.allowed.Minus(blocklist.New(blocked...))
	t.blocked = before - t.allowed.Len()
	if t.allowed.Len() == 0 {
		return nil, t.explainEmpty(asked)
	}
	return t, nil
}

func askedFor(o *options, args []string) (*blocklist.Set, error) {
	if len(args) == 0 && len(o.allowlistFiles) == 0 {
		return blocklist.All(), nil
	}
	ranges, err := readLists(o.allowlistFiles)
	if err != nil {
		return nil, err
	}
	for _, arg := range args {
		r, err := blocklist.Parse(arg)
		if err != nil {
			return nil, &usageError{"xsweep", fmt.Errorf("target %w", err)}
		}
		ranges = append(ranges, r)
	}
	return blocklist.New(ranges...), nil
}

func readLists(paths []string) ([]blocklist.Range, error) {
	var all []blocklist.Range
	for _, path := range paths {
		ranges, err := blocklist.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, ranges...)
	}
	return all, nil
}

// explainEmpty says what took the last target away.
func (t *targetSet) explainEmpty(asked *blocklist.Set) error {
	if t.asked == 0 {
		return fmt.Errorf("%w: the lists are empty", errNoTargets)
	}
	if t.special == 0 {
		return fmt.Errorf("%w: the blocklist covers all %d addresses", errNoTargets, t.asked)
	}
	first := asked.At(0)
	entry, ok := blocklist.SpecialFor(first)
	if !ok || t.blocked > 0 {
		return fmt.Errorf("%w: of %d addresses %d are special-purpose and the blocklist covers the rest",
			errSpecial, t.asked, t.special)
	}
	return fmt.Errorf("%w: %s is special-purpose (%s, %s)", errSpecial, nameOf(asked), entry.Name, entry.RFC)
}

// nameOf is the text of a set that is one range, else the number of its addresses.
func nameOf(s *blocklist.Set) string {
	if s.NumRanges() == 1 {
		return blocklist.Range{First: s.At(0), Last: s.At(s.Len() - 1)}.String()
	}
	return fmt.Sprintf("each of the %d addresses", s.Len())
}

// permit refuses a real scan of much of the Internet that no opt-out list has been considered for.
func (t *targetSet) permit(o *options) error {
	if t.allowed.Len() > largeScan && !t.hasBlock && !o.noBlocklist {
		return fmt.Errorf("%d addresses are %w", t.allowed.Len(), errUnlisted)
	}
	return nil
}

func (t *targetSet) log(log *slog.Logger) {
	if t.special > 0 {
		log.Info("left out special-purpose networks", "addresses", t.special)
	}
	if t.hasBlock {
		log.Info("left out what the blocklist covers", "addresses", t.blocked)
	}
}

// sample returns up to n addresses, spread evenly.
func sample(s *blocklist.Set, n uint64) []uint32 {
	n = min(n, s.Len())
	list := make([]uint32, 0, n)
	for i := range n {
		list = append(list, s.At(s.Len()/n*i))
	}
	return list
}
