//go:build !race

package survival

// raceDetector says that the tests run several times slower than usual.
const raceDetector = false
