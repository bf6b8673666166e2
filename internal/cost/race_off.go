//go:build !race

package cost

// Race says that this is a build with the race detector: slower, and with other
// allocations than usual.
const Race = false
