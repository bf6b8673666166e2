package recovery

import (
	"math"

	"github.com/reenvio/reenvio-go/celcoin"
)

// queue is what is still to be asked for in a round, by entity: one that has no
// room, because its receiver is broken, holds up no other.
type queue struct {
	lines []line // in the order of the request's entities
	turns int32
	n     int
}

type line struct {
	entity celcoin.Entity
	places []place
}

// place is an item and when its turn is.
type place struct{ item, turn int32 }

func (e *engine) newQueue(items []int) *queue {
	q := &queue{}
	for _, entity := range e.b.request.Entities {
		q.lines = append(q.lines, line{entity: entity})
	}
	e.enqueue(q, items)
	return q
}

// enqueue puts items at the end of the queue.
func (e *engine) enqueue(q *queue, items []int) {
	for _, i := range items {
		entity := e.b.entityOf(i)
		for n := range q.lines {
			if l := &q.lines[n]; l.entity == entity {
				l.places = append(l.places, place{int32(i), q.turns}) //nolint:gosec // plans are smaller than 2^31
				q.turns++
				q.n++
			}
		}
	}
}

func (q *queue) len() int { return q.n }

// pop takes out the item whose turn is next among the lines with room; below
// zero if there is none.
func (q *queue) pop(room map[celcoin.Entity]int) int {
	var first *line
	for n := range q.lines {
		l := &q.lines[n]
		if len(l.places) > 0 && room[l.entity] > 0 && (first == nil || l.places[0].turn < first.places[0].turn) {
			first = l
		}
	}
	if first == nil {
		return -1
	}
	i := int(first.places[0].item)
	first.places = first.places[1:]
	q.n--
	return i
}

// cut takes the next batch: of each entity no more than may still fail, and as
// long as the canaries are out no more than those.
func (e *engine) cut(q *queue) (batch []int) {
	most := math.MaxInt
	if e.proven < e.o.canary {
		most = e.o.canary - e.proven
	}
	now := e.vendorNow().Unix()
	room := map[celcoin.Entity]int{}
	for _, entity := range e.b.request.Entities {
		room[entity] = max(e.o.failureLimit-e.b.failed[entity], 0)
	}
	for len(batch) < most {
		i := q.pop(room)
		if i < 0 {
			break
		}
		if due := e.b.due[i]; due != 0 && due <= now || !e.eligible(i) {
			continue // and left to be set aside, as expired above all
		}
		room[e.b.entityOf(i)]--
		batch = append(batch, i)
	}
	return batch
}
