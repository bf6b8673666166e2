package celcoin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"unicode"

	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// The environment variables of [CredentialsFromEnv].
//
//nolint:gosec // names of variables, not secrets
const (
	EnvClientID     = "CELCOIN_CLIENT_ID"
	EnvClientSecret = "CELCOIN_CLIENT_SECRET"
)

// Credentials are what Celcoin gives out for its token call, or something else
// that yields tokens.
//
// However they are printed, logged or marshalled, only which of the fields are
// set can be seen. Two places are beyond reach: fmt does not ask the unexported
// fields of a struct how they want to be printed, so keep credentials in none
// that you print; and it asks nobody about %p, or %w without an error, which go
// vet reports.
type Credentials struct {
	ClientID     string
	ClientSecret string
	// TokenSource yields the tokens instead of the two fields above. A token is
	// kept until it expires or is refused, so the source should not cache: an
	// oauth2.ReuseTokenSource returns a revoked token until it expires, and every
	// call fails. It is not called by two goroutines at once.
	TokenSource oauth2.TokenSource
	// TokenFunc yields the tokens instead of TokenSource, and is told more: ctx
	// has the values of a call that needs a token and ends when no call waits for
	// it any more; refused is the last token that got a 401, or empty. A cache
	// must not return that again. It is not called by two goroutines at once.
	TokenFunc func(ctx context.Context, refused string) (*oauth2.Token, error)
}

// CredentialsFromEnv reads CELCOIN_CLIENT_ID and CELCOIN_CLIENT_SECRET, without
// white space around them. The error names the variable that is missing, or
// holds what pasting and files add: quotes, a byte order mark, invisible spaces.
func CredentialsFromEnv() (Credentials, error) {
	c := Credentials{
		ClientID:     strings.TrimSpace(os.Getenv(EnvClientID)),
		ClientSecret: strings.TrimSpace(os.Getenv(EnvClientSecret)),
	}
	var missing []string
	if c.ClientID == "" {
		missing = append(missing, EnvClientID)
	}
	if c.ClientSecret == "" {
		missing = append(missing, EnvClientSecret)
	}
	if len(missing) > 0 {
		return Credentials{}, fmt.Errorf("celcoin: not set in the environment: %s", strings.Join(missing, ", "))
	}
	if err := pasted(EnvClientID, c.ClientID); err != nil {
		return Credentials{}, fmt.Errorf("celcoin: %w", err)
	}
	if err := pasted(EnvClientSecret, c.ClientSecret); err != nil {
		return Credentials{}, fmt.Errorf("celcoin: %w", err)
	}
	return c, nil
}

// pasted finds in a credential what files, web pages and shells add to one, and
// no issuer puts into one. The error shows nothing of the value.
func pasted(name, value string) error {
	const paste = "; paste the bare value again"
	for _, r := range value {
		switch {
		case r == '\ufeff':
			return errors.New(name + " holds a byte order mark (U+FEFF), as some editors put before a text" + paste)
		case unicode.Is(unicode.Cf, r): // U+200B and its like
			return errors.New(name + " holds an invisible character such as a zero-width space" + paste)
		case r != ' ' && unicode.Is(unicode.Z, r):
			return errors.New(name + " holds a no-break space or another space of typesetting" + paste)
		case unicode.IsControl(r):
			return errors.New(name + " holds a control character, such as a line break" + paste)
		case unicode.In(r, unicode.Pi, unicode.Pf):
			return errors.New(name + " holds a typographic quote" + paste)
		case r == unicode.ReplacementChar:
			return errors.New(name + " is not valid UTF-8" + paste)
		}
	}
	if strings.TrimSpace(value) != value {
		return errors.New(name + " has white space at an end" + paste)
	}
	if n := len(value); n > 0 && strings.ContainsRune("\"'`", rune(value[0])) && (n == 1 || value[n-1] == value[0]) {
		return errors.New(name + " is in quotes" + paste)
	}
	return nil
}

func (c Credentials) check() error {
	switch {
	case c.TokenSource != nil && c.TokenFunc != nil:
		return errors.New("credentials: give either TokenSource or TokenFunc, not both")
	case c.TokenSource != nil && (c.ClientID != "" || c.ClientSecret != ""):
		return errors.New("credentials: give either ClientID and ClientSecret or TokenSource, not both")
	case c.TokenFunc != nil && (c.ClientID != "" || c.ClientSecret != ""):
		return errors.New("credentials: give either ClientID and ClientSecret or TokenFunc, not both")
	case c.TokenSource != nil || c.TokenFunc != nil:
		return nil
	case c.ClientID == "":
		return errors.New("credentials: ClientID is empty")
	case c.ClientSecret == "":
		return errors.New("credentials: ClientSecret is empty")
	}
	if err := pasted("credentials: ClientID", c.ClientID); err != nil {
		return err
	}
	return pasted("credentials: ClientSecret", c.ClientSecret)
}

// String shows which fields are set, and nothing of them.
func (c Credentials) String() string {
	source := " TokenSource:" + redact.Presence(c.TokenSource != nil)
	if c.TokenFunc != nil {
		source = " TokenFunc:" + redact.Presence(true)
	}
	return "celcoin.Credentials{ClientID:" + redact.Presence(c.ClientID != "") +
		" ClientSecret:" + redact.Presence(c.ClientSecret != "") + source + "}"
}

// GoString is String.
func (c Credentials) GoString() string { return c.String() }

// Format prints String for every verb.
func (c Credentials) Format(f fmt.State, verb rune) { redact.Format(f, verb, c.String()) }

// LogValue is String.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON is String.
func (c Credentials) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// MarshalText is String.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
