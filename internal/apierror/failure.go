package apierror

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// Failure is the error of a call that ended without an answer that counts: no
// connection, a lost answer, the end of the context.
type Failure struct {
	text    string
	op      string
	chain   []error
	inDoubt bool
}

// NewFailure tells why a call ended. The cause's own text may hold what a
// server said, so it is cleaned of the secrets; last is the last answer, if
// there was one before.
func NewFailure(pkg, op string, attempts int, cause error, inDoubt bool, last error, secrets ...string) *Failure {
	f := &Failure{op: op, inDoubt: inDoubt, chain: []error{cause}}
	f.text = pkg + ": " + op + ": " + redact.Text(cause.Error(), MaxMessage, secrets...) + ", " + sent(attempts)
	if last != nil {
		f.chain = append(f.chain, last)
		f.text += "; the last answer was: " + last.Error()
	}
	if inDoubt {
		f.chain = append(f.chain, ErrOutcomeUnknown)
		f.text += "; " + doubt
	}
	return f
}

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
