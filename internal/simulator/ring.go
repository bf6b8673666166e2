package simulator

import "iter"

// ring keeps the newest limit values. It takes room only as it fills.
type ring[T any] struct {
	limit  int
	values []T
	oldest int // index of the oldest value once the ring is full
}

// push adds a value and returns the one that had to go for it.
func (r *ring[T]) push(value T) (dropped T, full bool) {
	if len(r.values) < r.limit {
		r.values = append(r.values, value)
		return dropped, false
	}
	dropped = r.values[r.oldest]
	r.values[r.oldest] = value
	r.oldest = (r.oldest + 1) % r.limit
	return dropped, true
}

func (r *ring[T]) len() int { return len(r.values) }

// all yields the values, oldest first.
func (r *ring[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range r.values {
			if !yield(r.values[(r.oldest+i)%len(r.values)]) {
				return
			}
		}
	}
}

func (r *ring[T]) clear() { r.values, r.oldest = nil, 0 }
