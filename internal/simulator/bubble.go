package simulator

import "testing/synctest"

// insideBubble says whether the calling goroutine is inside a testing/synctest
// bubble. There is no question to ask for that, but synctest.Wait panics outside
// of one, by its documentation. Inside, it also panics if another goroutine
// waits already, with another text.
func insideBubble() (inside bool) {
	const outside = "goroutine is not in a bubble"
	defer func() {
		if recover() == any(outside) {
			inside = false
		}
	}()
	inside = true
	synctest.Wait()
	return inside
}
