package engine

import "hash/maphash"

// owners remembers which unit listed an id first, in eight bytes an id: 40 bits
// of its hash and the number of the unit. Ids that seem the same and are not
// only share a unit, which does no harm.
type owners struct {
	seed  maphash.Seed
	slots []uint64 // 0: free
	used  int
}

const (
	ownerBits = 24
	ownerMask = 1<<ownerBits - 1
)

// claim returns the number of the unit that has an id: the given one, unless
// another was first. Numbers begin with 1.
func (o *owners) claim(entity, id string, unit int) int {
	if o.slots == nil {
		o.seed, o.slots = maphash.MakeSeed(), make([]uint64, 1<<10)
	}
	if o.used*4 > len(o.slots)*3 {
		o.grow()
	}
	var h maphash.Hash
	h.SetSeed(o.seed)
	h.WriteString(entity)                                         //nolint:gosec // a hash does not fail
	h.WriteByte(0)                                                //nolint:gosec // the same
	h.WriteString(id)                                             //nolint:gosec // the same
	return o.place(h.Sum64()&^ownerMask | uint64(unit)&ownerMask) //nolint:gosec // a number of units
}

func (o *owners) place(entry uint64) int {
	for i := entry >> ownerBits % uint64(len(o.slots)); ; i = (i + 1) % uint64(len(o.slots)) {
		switch {
		case o.slots[i] == 0:
			o.slots[i] = entry
			o.used++
			return int(entry & ownerMask)
		case o.slots[i]&^ownerMask == entry&^ownerMask:
			return int(o.slots[i] & ownerMask)
		}
	}
}

func (o *owners) grow() {
	old := o.slots
	o.slots, o.used = make([]uint64, 2*len(old)), 0
	for _, entry := range old {
		if entry != 0 {
			o.place(entry)
		}
	}
}
