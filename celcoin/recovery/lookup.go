package recovery

import (
	"hash/maphash"

	"github.com/reenvio/reenvio-go/celcoin"
)

// lookup finds items by entity and id in 8 bytes a place: an open-addressed
// table of item numbers, each with a part of its hash. The items themselves
// stay in the journal, where a hit is checked.
type lookup struct {
	seed  maphash.Seed
	slots []slot
	n     int
}

type slot struct {
	mark uint32 // of the hash
	item int32  // number + 1; 0: free
}

func newLookup() *lookup {
	return &lookup{seed: maphash.MakeSeed(), slots: make([]slot, 1<<10)}
}

func (l *lookup) hash(e celcoin.Entity, id string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	h.WriteString(string(e)) //nolint:gosec // a hash does not fail
	h.WriteByte(0)           //nolint:gosec // a hash does not fail
	h.WriteString(id)        //nolint:gosec // a hash does not fail
	return h.Sum64()
}

// add puts an item in. It must not be there yet.
func (l *lookup) add(hash uint64, item int) {
	if 4*(l.n+1) > 3*len(l.slots) {
		l.grow()
	}
	l.n++
	l.put(slot{mark: uint32(hash >> 32), item: int32(item) + 1}) //nolint:gosec // plans are smaller than 2^31
}

// put finds a place. The low bits of the mark choose it, so that a slot can be
// moved without its item.
func (l *lookup) put(s slot) {
	mask := uint32(len(l.slots) - 1) //nolint:gosec // a power of two below 2^32
	for i := s.mark & mask; ; i = (i + 1) & mask {
		if l.slots[i].item == 0 {
			l.slots[i] = s
			return
		}
	}
}

func (l *lookup) grow() {
	old := l.slots
	l.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.item != 0 {
			l.put(s)
		}
	}
}

// find goes through the items that may have this hash, until one is confirmed.
func (l *lookup) find(hash uint64, confirm func(item int) bool) (int, bool) {
	mark := uint32(hash >> 32)
	mask := uint32(len(l.slots) - 1) //nolint:gosec // a power of two below 2^32
	for i := mark & mask; l.slots[i].item != 0; i = (i + 1) & mask {
		if s := l.slots[i]; s.mark == mark && confirm(int(s.item)-1) {
			return int(s.item) - 1, true
		}
	}
	return 0, false
}
