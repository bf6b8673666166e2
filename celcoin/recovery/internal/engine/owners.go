package engine

import (
	"encoding/binary"
	"hash/maphash"
)

// owners remembers which unit of an entity listed an id first. An id takes eight bytes
// of the map, so that a plan of a million fits into little memory: 40 bits of its hash,
// and the number of the unit. Ids with the same hash share a unit, which does no harm.
type owners struct {
	seed  maphash.Seed
	units []*UnitPlan // by their numbers
	of    map[[5]byte][3]byte
}

func newOwners() *owners {
	return &owners{seed: maphash.MakeSeed(), of: map[[5]byte][3]byte{}}
}

// claim returns the unit that an id belongs to: the given one, unless another was first.
func (o *owners) claim(id string, u *UnitPlan) *UnitPlan {
	var hash, number [8]byte
	binary.LittleEndian.PutUint64(hash[:], maphash.String(o.seed, id))
	key := [5]byte(hash[:])
	if n, known := o.of[key]; known {
		copy(number[:], n[:])
		return o.units[binary.LittleEndian.Uint64(number[:])]
	}
	if len(o.units) == 0 || o.units[len(o.units)-1] != u {
		o.units = append(o.units, u)
	}
	binary.LittleEndian.PutUint64(number[:], uint64(len(o.units)-1)) //nolint:gosec // a number of units
	o.of[key] = [3]byte(number[:])
	return u
}
