// Package consumer is a program outside of the library's module that uses all
// that is public in ceffu and celcoin: what the first version had, and what has
// come since. It is only compiled. When it does not compile any more, somebody
// else's program does not either.
package consumer
