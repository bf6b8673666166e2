package measure

import (
	"errors"
	"sync"
)

// Crowd is an operation of n goroutines that each do op once, at the same time.
// It ends with the last of them. The goroutines stay for the next time, as those
// of a program with many calls to make do: new ones would spend part of a short
// operation on growing their stacks. They leave with dismiss.
func Crowd(n int, op Op) (all Op, dismiss func()) {
	if n == 1 {
		return op, func() {}
	}
	var busy sync.WaitGroup
	failures := make([]error, n)
	turns := make([]chan struct{}, n)
	for i := range turns {
		turns[i] = make(chan struct{})
		go func() {
			for range turns[i] {
				failures[i] = op()
				busy.Done()
			}
		}()
	}
	all = func() error {
		busy.Add(n)
		for _, turn := range turns {
			turn <- struct{}{}
		}
		busy.Wait()
		return errors.Join(failures...)
	}
	return all, func() {
		for _, turn := range turns {
			close(turn)
		}
	}
}
