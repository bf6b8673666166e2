package measure

import (
	"errors"
	"sync"
)

// Crowd is an operation of n goroutines that each do op once, at the same time.
// It ends with the last of them.
func Crowd(n int, op Op) Op {
	if n == 1 {
		return op
	}
	return func() error {
		var all sync.WaitGroup
		failures := make([]error, n)
		for i := range n {
			all.Go(func() { failures[i] = op() })
		}
		all.Wait()
		return errors.Join(failures...)
	}
}
