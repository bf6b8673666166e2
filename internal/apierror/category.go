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
	ErrOutcomeUnknown = errors.New("outcome unknown")
	ErrUnavailable    = errors.New("unavailable")
)

// OfStatus is the category of an HTTP status whose answer has no code that
// says more; nil if there is none.
func OfStatus(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound
	case http.StatusTooManyRequests:
		return ErrRateLimited
	case http.StatusRequestTimeout:
		return ErrServer
	}
	switch {
	case status >= 500:
		return ErrServer
	case status >= 400:
		return ErrInvalidRequest
	}
	return nil
}
