package ceffu

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/signer"
)

// The environment variables of [CredentialsFromEnv].
//
//nolint:gosec // names of variables, not secrets
const (
	EnvAPIKey    = "CEFFU_API_KEY"
	EnvAPISecret = "CEFFU_API_SECRET"
)

// Credentials are an API key and the private key that belongs to it. The key
// needs the permission group "Enable Wallet Management".
//
// However they are printed, logged or marshalled, only which of the fields are
// set can be seen. Two places are beyond reach: fmt does not ask the unexported
// fields of a struct how they want to be printed, so keep credentials in none
// that you print; and %p, or %w without an error, which go vet reports, show a
// value as it is.
type Credentials struct {
	// APIKey is sent as it is, in the header open-apikey.
	APIKey string
	// APISecret is the RSA private key as Ceffu hands it out: base64 of PKCS#8
	// DER, without armour. White space, PEM armour and PKCS#1 are accepted too.
	APISecret string
	// Signer is an RSA key held elsewhere, in a KMS or an HSM, instead of
	// APISecret. It is asked for SHA-512 with PKCS #1 v1.5 once an attempt, by
	// several goroutines at once.
	Signer crypto.Signer
}

// CredentialsFromEnv reads CEFFU_API_KEY and CEFFU_API_SECRET. The error names
// what is missing.
func CredentialsFromEnv() (Credentials, error) {
	c := Credentials{
		APIKey:    strings.TrimSpace(os.Getenv(EnvAPIKey)),
		APISecret: os.Getenv(EnvAPISecret),
	}
	var missing []string
	if c.APIKey == "" {
		missing = append(missing, EnvAPIKey)
	}
	if strings.TrimSpace(c.APISecret) == "" {
		missing = append(missing, EnvAPISecret)
	}
	if len(missing) > 0 {
		return Credentials{}, fmt.Errorf("ceffu: not set in the environment: %s", strings.Join(missing, ", "))
	}
	return c, nil
}

// signer checks the credentials and makes them ready for use.
func (c Credentials) signer() (*signer.Signer, error) {
	switch {
	case c.APIKey == "":
		return nil, errors.New("credentials: APIKey is empty")
	case strings.ContainsFunc(c.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("credentials: APIKey holds white space or characters that no header can carry")
	case c.APISecret != "" && c.Signer != nil:
		return nil, errors.New("credentials: give either APISecret or Signer, not both")
	case c.Signer != nil:
		s, err := signer.FromSigner(c.Signer)
		if err != nil {
			return nil, fmt.Errorf("credentials: Signer: %w", err)
		}
		return s, nil
	case c.APISecret == "":
		return nil, errors.New("credentials: neither APISecret nor Signer is set")
	}
	key, err := signer.Parse(c.APISecret)
	if err != nil {
		return nil, fmt.Errorf("credentials: APISecret: %w", err)
	}
	return signer.FromKey(key), nil
}

// String shows which fields are set, and nothing of them.
func (c Credentials) String() string {
	return "ceffu.Credentials{APIKey:" + redact.Presence(c.APIKey != "") +
		" APISecret:" + redact.Presence(c.APISecret != "") +
		" Signer:" + redact.Presence(c.Signer != nil) + "}"
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
