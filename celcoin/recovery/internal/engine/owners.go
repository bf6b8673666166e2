package engine

import "hash/maphash"

// owners remembers which unit listed an id first, in eight bytes an id, where a map
// takes up to 40: 40 bits of its hash and the number of the unit. Ids that seem the
// same and are not only share a unit, which does no harm.
type owners struct {
	seed  maphash.Seed
	units []*UnitPlan // by their numbers
	slots []uint64    // 0: free
	used  int
}

const (
	ownerBits = 24
	ownerMask = 1<<ownerBits - 1
)

// claim returns the unit that an id belongs to: the given one, unless another of its
// entity was first.
func (o *owners) claim(id string, u *UnitPlan) *UnitPlan {
	if 4*o.used >= 3*len(o.slots) {
		old := o.slots
		o.slots, o.used = make([]uint64, max(2*len(old), 1<<10)), 0
		for _, entry := range old {
			o.place(entry)
		}
	}
	if u.number == 0 {
		o.units = append(o.units, u)
		u.number = len(o.units)
	}
	hash := maphash.String(o.seed, string(u.Entity)+" "+id)
	return o.units[o.place(hash&^ownerMask|uint64(u.number)&ownerMask)-1] //nolint:gosec // a number of units
}

// place returns the number of the unit that has the hash of an entry, which is now the
// entry's own if no other had it.
func (o *owners) place(entry uint64) int {
	if entry == 0 {
		return 0
	}
	i := entry >> ownerBits % uint64(len(o.slots))
	for o.slots[i] != 0 && o.slots[i]&^ownerMask != entry&^ownerMask {
		i = (i + 1) % uint64(len(o.slots))
	}
	if o.slots[i] == 0 {
		o.slots[i] = entry
		o.used++
	}
	return int(o.slots[i] & ownerMask)
}
