package blocklist

import (
	"slices"
	"testing"
)

// TestKeyListAcrossChunks goes through the edges of a chunk: what is read is what was added, in both ways.
func TestKeyListAcrossChunks(t *testing.T) {
	for _, n := range []int{0, 1, chunkKeys - 1, chunkKeys, chunkKeys + 1, 5*chunkKeys + 7} {
		keys := scatteredPairs(n)
		var list keyList
		for _, key := range keys {
			list.add(key)
		}
		list.sort()
		got := slices.Collect(list.ascending())
		if joined := list.join(); len(joined) != n || cap(joined) != n || len(list.full)+len(list.last) != 0 {
			t.Errorf("join of %d keys: %d in %d, %d chunks left", n, len(joined), cap(joined), len(list.full))
		}
		if slices.Sort(keys); !slices.Equal(got, keys) {
			t.Errorf("ascending yields %d of %d keys, or in another order", len(got), n)
		}
	}
}

// TestKeyListDropsRepetitions: keys that repeat take room once a chunk, and are there afterwards all the same.
func TestKeyListDropsRepetitions(t *testing.T) {
	for _, distinct := range []int{1, 1000, chunkKeys / 2} {
		keys := scatteredPairs(distinct)
		var list keyList
		for i := range 5*chunkKeys + 7 {
			list.add(keys[i%distinct])
		}
		if len(list.full) > 0 || cap(list.last) > 2*chunkKeys {
			t.Errorf("%d keys many times over: %d chunks are full, the last has room for %d", distinct, len(list.full), cap(list.last))
		}
		got := list.join()
		slices.Sort(got)
		if slices.Sort(keys); !slices.Equal(slices.Compact(got), keys) {
			t.Errorf("%d keys many times over: others are read", distinct)
		}
	}
}

func TestAscendingStopsWhenAsked(t *testing.T) {
	var list keyList
	list.add(1)
	list.add(2)
	for range list.ascending() {
		break
	}
}

func TestNewFromKeysIsNew(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 3*chunkKeys + 5} {
		ranges := append(scattered(n), clustered(n/2)...)
		for i := range ranges {
			ranges[i] = prefixRange(ranges[i].First, 32-i%9)
		}
		var list keyList
		for _, r := range ranges {
			list.add(rangeKey(r))
		}
		got, want := newFromKeys(&list), New(ranges...)
		if got.Len() != want.Len() || !slices.Equal(slices.Collect(got.Ranges()), slices.Collect(want.Ranges())) {
			t.Errorf("newFromKeys of %d ranges: %d addresses, want %d", len(ranges), got.Len(), want.Len())
		}
	}
}
