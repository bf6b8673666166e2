// Package survival has tests only.
package survival
