package apierror

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// Failure is the error of a call that ended without an answer that counts: no
// connection, a lost answer, the end of the context.
type Failure struct { //nolint:errname // its users say apierror.Failure, which is one word too many already
	text    string
	op      string
	chain   []error
	inDoubt bool
}

// NewFailure tells why a call ended. The cause's own text may hold what a
// server said, so it is cleaned of the secrets; last is the last answer, if
// there was one before.
func NewFailure(pkg, op string, attempts int, cause error, inDoubt bool, last error, secrets ...string) *Failure {
	text := redact.Text(cause.Error(), MaxMessage, secrets...)
	if text != cause.Error() {
		cause = &cleanedError{text: text, cause: cause}
	}
	text = strings.TrimPrefix(text, pkg+": ") // a cause of this package's own says it, too
	f := &Failure{op: op, inDoubt: inDoubt, chain: []error{cause}}
	f.text = pkg + ": " + op + ": " + text + ", " + sent(attempts)
	if last != nil {
		f.chain = append(f.chain, last)
		f.text += "; the last answer was: " + last.Error()
	}
	if inDoubt {
		f.chain = append(f.chain, ErrOutcomeUnknown)
		if !strings.HasSuffix(f.text, doubt) { // the last answer may have said it
			f.text += "; " + doubt
		}
	}
	return f
}

// cleanedError stands for a cause whose own text must not be shown, such as
// net/http's that quotes a malformed answer. It can be asked what it is, and
// not be unwrapped by those who print every error of a chain.
type cleanedError struct {
	text  string
	cause error
}

func (e *cleanedError) Error() string                 { return e.text }
func (e *cleanedError) Is(target error) bool          { return errors.Is(e.cause, target) }
func (e *cleanedError) As(target any) bool            { return errors.As(e.cause, target) }
func (e *cleanedError) Format(s fmt.State, verb rune) { redact.Format(s, verb, e.text) }

func sent(attempts int) string {
	if attempts == 0 {
		return "before the first attempt"
	}
	return Attempts(attempts)
}

// Error is one line.
func (f *Failure) Error() string { return f.text }

// Unwrap gives the cause, the last answer's error and ErrOutcomeUnknown, as far
// as they apply.
func (f *Failure) Unwrap() []error { return f.chain }

// Format keeps every verb to the text.
func (f *Failure) Format(s fmt.State, verb rune) { redact.Format(s, verb, f.text) }

// LogValue groups what a log line may hold.
func (f *Failure) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("operation", f.op),
		slog.String("message", f.text),
		slog.Bool("outcome_unknown", f.inDoubt),
	)
}

// MarshalJSON is the text.
func (f *Failure) MarshalJSON() ([]byte, error) { return json.Marshal(f.text) }
