// Package argument checks what a user passes before anything is sent. Its
// errors name the field and never show the value.
package argument

import (
	"context"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/internal/apierror"
)

// Invalid is an error of the category ErrInvalidRequest.
func Invalid(field, problem string) error {
	return fmt.Errorf("%s %s: %w", field, problem, apierror.ErrInvalidRequest)
}

// Context takes a context that is there.
func Context(ctx context.Context) error {
	if ctx == nil {
		return Invalid("ctx", "is nil")
	}
	return nil
}

// Text takes any text that arrives as it was meant: valid UTF-8 without
// control characters. An empty one is allowed.
func Text(field, value string) error {
	if !utf8.ValidString(value) {
		return Invalid(field, "is not valid UTF-8")
	}
	for _, r := range value {
		if unicode.IsControl(r) {
			return Invalid(field, "holds a control character")
		}
	}
	return nil
}

// Required is Text that must not be empty.
func Required(field, value string) error {
	if value == "" {
		return Invalid(field, "is missing")
	}
	return Text(field, value)
}

// Segment takes a text that can stand as one segment of a path.
func Segment(field, value string) error {
	if value == "." || value == ".." {
		return Invalid(field, "must not be "+value+", which would change the path")
	}
	return Required(field, value)
}

// Time takes a time that is set and can be written with a year of four digits.
func Time(field string, t time.Time) error {
	switch {
	case t.IsZero():
		return Invalid(field, "is not set")
	case t.Unix() < 0 || t.Year() > 9998: // a day's margin for any zone
		return Invalid(field, "is not in the years 1970 to 9998")
	}
	return nil
}

// Order takes two times of which the first is not the later one.
func Order(from, to string, a, b time.Time) error {
	if a.After(b) {
		return Invalid(from, "is after "+to)
	}
	return nil
}
