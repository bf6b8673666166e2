// Package apierror is what the errors of both vendor packages share: the
// categories, the text and the shape in logs.
package apierror

import (
	"errors"
	"net/http"
)

// The categories. The vendor packages publish them under the same names.
var (
	ErrInvalidRequest = errors.New("invalid request")
	ErrUnauthorized   = errors.New("unauthorized")
	ErrForbidden      = errors.New("forbidden")
	ErrNotFound       = errors.New("not found")
	ErrRateLimited    = errors.New("rate limited")
	ErrServer         = errors.New("server error")
	ErrUnavailable    = errors.New("unavailable")
	ErrOutcomeUnknown = errors.New("outcome unknown")
)

// OfStatus is the category of an HTTP status whose response has no code that
// says more; nil if there is none.
func OfStatus(status int) error {
	switch {
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		return ErrNotFound
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusRequestTimeout, status >= 500:
		return ErrServer
	case status >= 400:
		return ErrInvalidRequest
	}
	return nil
}

// Of is the category of an error that says most; nil if it has none.
func Of(err error) error {
	for _, c := range [...]error{
		ErrOutcomeUnknown, ErrRateLimited, ErrUnauthorized, ErrForbidden, ErrNotFound, ErrInvalidRequest, ErrServer,
		ErrUnavailable,
	} {
		if errors.Is(err, c) {
			return c
		}
	}
	return nil
}

// Transient tells whether an error is of a category that may pass by itself.
func Transient(err error) bool {
	c := Of(err)
	return errors.Is(c, ErrRateLimited) || errors.Is(c, ErrServer) || errors.Is(c, ErrUnavailable)
}
