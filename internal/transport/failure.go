package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// failure is why an attempt brought no response.
type failure struct {
	kind failureKind
	err  error
}

type failureKind int

const (
	notStarted failureKind = iota // no credentials, or no turn in time
	notSent                       // no connection, or no TLS session
	noResponse                    // the request may have arrived
)

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failureOf is the failure in an error of http.Client, which may also refuse
// a request by itself.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return &failure{kind: notStarted, err: withoutURL(err)}
}

// outcome is the failure in the terms of an [Observer].
func (f *failure) outcome() string {
	var timeout interface{ Timeout() bool }
	_, refused := refusal(f.err)
	connect := failedToConnect(f.err)
	switch {
	case errors.Is(f.err, context.Canceled):
		return OutcomeCanceled
	case errors.Is(f.err, context.DeadlineExceeded):
		return OutcomeTimeout
	case f.kind == notStarted:
		return OutcomeNotSent
	case connect == OutcomeDNS:
		return OutcomeDNS
	case errors.As(f.err, &timeout) && timeout.Timeout():
		return OutcomeTimeout
	case refused, is[tls.RecordHeaderError](f.err), is[x509.UnknownAuthorityError](f.err), is[x509.HostnameError](f.err):
		return OutcomeTLS
	case connect != "":
		return connect
	case strings.Contains(f.err.Error(), "malformed"):
		return OutcomeMalformed // net/http's errors about garbage have no type
	}
	return OutcomeReset
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// EndOfContext is the end of ctx with its cause, such that errors.Is finds
// both. net/http reports the cause alone.
func EndOfContext(ctx context.Context) error {
	ended, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, ended) {
		return cause
	}
	return fmt.Errorf("%w: %w", ended, cause)
}

// withoutURL takes off the *url.Error of net/http, whose text has the query,
// and all of them where one http.Client works behind another. One error without
// a type quotes a Location, which may repeat that query.
func withoutURL(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok || u.Err == nil {
			break
		}
		err = u.Err
	}
	if err != nil && strings.HasPrefix(err.Error(), "failed to parse Location header ") {
		return errors.New("the response redirects to what is not a URL")
	}
	return err
}

// Sanitize makes an error of code that is not ours, a signer's or a token
// source's, fit to end a call: without a URL, and not the end of ctx while that
// lives.
func Sanitize(ctx context.Context, err error) error {
	if err = withoutURL(err); ctx.Err() == nil {
		err = maskContext(ctx, err)
	}
	return err
}

// maskContext keeps an error from passing for the end of the caller's context
// while that lives: net and net/http say of timeouts of their own that they are
// context.DeadlineExceeded.
func maskContext(ctx context.Context, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	if deadline, has := ctx.Deadline(); has && !time.Now().Before(deadline) {
		return err // the caller's own, seen before ctx's timer fired
	}
	return &maskedContextError{err}
}

// maskedContextError is all that its cause is, but not the end of a context.
type maskedContextError struct{ cause error }

func (e *maskedContextError) Error() string { return e.cause.Error() }

// Is and As stand in for Unwrap, behind which errors.Is would find the end of a
// context after all.
func (e *maskedContextError) Is(target error) bool {
	ended := target == context.DeadlineExceeded || target == context.Canceled
	return !ended && errors.Is(e.cause, target)
}

func (e *maskedContextError) As(target any) bool { return errors.As(e.cause, target) }
