package scan

import "github.com/xsweep/xsweep/output"

// touch has the memory bring what seen will look at, for a batch of answers: alone, each would wait for it.
func (d *dedupTables) touch(records []output.Record) {
	sum := uint64(0)
	for i := range records {
		r := &records[i]
		hash := mix(answerKey(r.Saddr, r.Sport, r.Class), d.seed)
		t := &d.tables[hash>>54]
		sum += t.slots[slotOf(hash<<10, t.slots)]
		for _, slots := range t.older {
			sum += slots[slotOf(hash<<10, slots)]
		}
	}
	d.touched = sum // or the compiler would see that nothing comes of it
}
