package celcoin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

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
// that you print; and it prints them as they are for %p, or for %w without
// an error, which go vet reports.
type Credentials struct {
	ClientID     string
	ClientSecret string
	// TokenSource yields the tokens instead of the two fields above. A token is
	// kept until it expires or is refused, so the source should not cache: an
	// oauth2.ReuseTokenSource returns a revoked token until it expires, and every
	// call fails. It is called by a goroutine of the client, one call at a time; a
	// panic of it is a failed token call, whose error does not show the value.
	TokenSource oauth2.TokenSource
	// TokenFunc yields the tokens instead of TokenSource, and is told more: ctx
	// has the values of a call that needs a token and ends when no call waits for
	// it any more; refused is the last token that got a 401, or empty. A cache
	// must not return that again.
	TokenFunc func(ctx context.Context, refused string) (*oauth2.Token, error)
}

// CredentialsFromEnv reads CELCOIN_CLIENT_ID and CELCOIN_CLIENT_SECRET, without
// white space around them. The error names the variable that is missing, or
// holds what pasting and files add: quotes, a byte order mark, invisible spaces.
func CredentialsFromEnv() (Credentials, error) {
	var c Credentials
	var missing []string
	for _, v := range [...]struct {
		name string
		into *string
	}{{EnvClientID, &c.ClientID}, {EnvClientSecret, &c.ClientSecret}} {
		*v.into = strings.TrimSpace(os.Getenv(v.name))
		if *v.into == "" {
			missing = append(missing, v.name)
		}
		if err := pasted(v.name, *v.into); err != nil {
			return Credentials{}, fmt.Errorf("celcoin: %w", err)
		}
	}
	if len(missing) > 0 {
		return Credentials{}, fmt.Errorf("celcoin: not set in the environment: %s", strings.Join(missing, ", "))
	}
	return c, nil
}

// pasted finds in a credential what files, web pages and shells add to one, and
// no issuer puts into one. The error shows nothing else of the value.
func pasted(name, value string) error {
	for _, r := range value {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Pi, unicode.Pf) || unicode.Is(unicode.Z, r) && r != ' ' || r == utf8.RuneError {
			return fmt.Errorf("%s holds the character %U, which does not belong to it: a line break, a byte order mark, an invisible space or a typographic quote; "+
				"paste the bare value again", name, r)
		}
	}
	if strings.TrimSpace(value) != value {
		return errors.New(name + " has white space at an end; paste the bare value again")
	}
	if n := len(value); n > 0 && strings.ContainsRune("\"'`", rune(value[0])) && (n == 1 || value[n-1] == value[0]) {
		return errors.New(name + " is in quotes; paste the bare value again")
	}
	return nil
}

func (c Credentials) check() error {
	elsewhere := c.TokenSource != nil || c.TokenFunc != nil
	switch {
	case c.TokenSource != nil && c.TokenFunc != nil, elsewhere && (c.ClientID != "" || c.ClientSecret != ""):
		return errors.New("credentials: give ClientID and ClientSecret, or TokenSource, or TokenFunc, and no other")
	case elsewhere:
		return nil
	case c.ClientID == "":
		return errors.New("credentials: ClientID is empty")
	case c.ClientSecret == "":
		return errors.New("credentials: ClientSecret is empty")
	}
	return cmp.Or(pasted("credentials: ClientID", c.ClientID), pasted("credentials: ClientSecret", c.ClientSecret))
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
