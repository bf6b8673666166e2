package celcoin_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestCredentialsThatCannotWorkAreAnErrorOfNew(t *testing.T) {
	t.Parallel()
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"})
	for name, tc := range map[string]struct {
		creds celcoin.Credentials
		want  string
	}{
		"none":                       {celcoin.Credentials{}, "celcoin: credentials: ClientID is empty"},
		"no secret":                  {celcoin.Credentials{ClientID: "planted-id"}, "celcoin: credentials: ClientSecret is empty"},
		"no id":                      {celcoin.Credentials{ClientSecret: "planted-secret"}, "celcoin: credentials: ClientID is empty"},
		"both ways":                  {celcoin.Credentials{ClientID: "planted-id", TokenSource: source}, "celcoin: credentials: give ClientID and ClientSecret, or TokenSource, or TokenFunc, and no other"},
		"two sources":                {celcoin.Credentials{TokenFunc: func(context.Context, string) (*oauth2.Token, error) { return nil, nil }, TokenSource: source}, "celcoin: credentials: give ClientID and ClientSecret, or TokenSource, or TokenFunc, and no other"},
		"both ways, with the secret": {celcoin.Credentials{ClientSecret: "planted-secret", TokenSource: source}, "celcoin: credentials: give ClientID and ClientSecret, or TokenSource, or TokenFunc, and no other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := celcoin.New(tc.creds, celcoin.WithBaseURL(celcoin.SandboxURL))
			require.EqualError(t, err, tc.want)
		})
	}
}

// pastes are what files, web pages and shells add to a credential, with a word
// of the error.
var pastes = map[string]struct{ value, says string }{
	"a byte order mark":                    {"\ufeffplanted", "U+FEFF"},
	"a zero-width space":                   {"planted\u200b", "U+200B"},
	"a word joiner inside":                 {"plan\u2060ted", "U+2060"},
	"a no-break space inside":              {"plan\u00a0ted", "U+00A0"},
	"double quotes":                        {`"planted"`, "quotes"},
	"single quotes":                        {"'planted'", "quotes"},
	"backquotes":                           {"`planted`", "quotes"},
	"nothing but a quote":                  {`"`, "quotes"},
	"typographic quotes":                   {"“planted”", "U+201C"},
	"bytes that are not UTF-8":             {"plant\xffed", "U+FFFD"},
	"a line break inside":                  {"plan\nted", "U+000A"},
	"a null byte, which no variable holds": {"planted\x00", "U+0000"},
}

// TestWhatPastingAddsToCredentialsIsRefused before it is sent, by field of New
// and by variable of CredentialsFromEnv, and nothing of the value is shown.
func TestWhatPastingAddsToCredentialsIsRefused(t *testing.T) {
	for name, tt := range pastes {
		t.Run(name, func(t *testing.T) {
			for _, field := range []string{"ClientID", "ClientSecret"} {
				with, variable := celcoin.Credentials{ClientID: tt.value, ClientSecret: "planned"}, celcoin.EnvClientID
				if field == "ClientSecret" {
					with, variable = celcoin.Credentials{ClientID: "planned", ClientSecret: tt.value}, celcoin.EnvClientSecret
				}
				_, err := celcoin.New(with, celcoin.WithBaseURL(celcoin.SandboxURL))
				errs := map[string]error{field + " ": err}
				if !strings.Contains(tt.value, "\x00") {
					t.Setenv(celcoin.EnvClientID, with.ClientID)
					t.Setenv(celcoin.EnvClientSecret, with.ClientSecret)
					_, errs[variable+" "] = celcoin.CredentialsFromEnv()
				}
				for culprit, err := range errs {
					require.ErrorContains(t, err, culprit)
					require.ErrorContains(t, err, tt.says)
					assert.NotContains(t, err.Error(), "plan")
				}
			}
		})
	}
	t.Run("white space at an end, which CredentialsFromEnv takes off", func(t *testing.T) {
		_, err := celcoin.New(celcoin.Credentials{ClientID: "planned", ClientSecret: "planted "}, celcoin.WithBaseURL(celcoin.SandboxURL))
		require.ErrorContains(t, err, "white space at an end")
	})
}

// TestWhatAnIssuerMayChooseIsACredential, all of printable ASCII and more.
func TestWhatAnIssuerMayChooseIsACredential(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for r := '!'; r <= '~'; r++ {
		all.WriteRune(r)
	}
	for _, secret := range []string{all.String(), "an inner space", "é", `it's`, `"half`, `half"`, `say "so"`} {
		_, err := celcoin.New(celcoin.Credentials{ClientID: secret, ClientSecret: secret}, celcoin.WithBaseURL(celcoin.SandboxURL))
		require.NoError(t, err)
	}
}

func TestCredentialsFromEnv(t *testing.T) {
	for name, tc := range map[string]struct {
		id, secret string
		want       celcoin.Credentials
		err        string
	}{
		"both are set":              {"an id", "a secret", celcoin.Credentials{ClientID: "an id", ClientSecret: "a secret"}, ""},
		"white space around them":   {" an id\n", "\ta secret\r\n", celcoin.Credentials{ClientID: "an id", ClientSecret: "a secret"}, ""},
		"the id is missing":         {"", "planted", celcoin.Credentials{}, "celcoin: not set in the environment: CELCOIN_CLIENT_ID"},
		"the secret is missing":     {"planted", "", celcoin.Credentials{}, "celcoin: not set in the environment: CELCOIN_CLIENT_SECRET"},
		"the secret is white space": {"planted", " \n", celcoin.Credentials{}, "celcoin: not set in the environment: CELCOIN_CLIENT_SECRET"},
		"both are missing":          {"", "", celcoin.Credentials{}, "celcoin: not set in the environment: CELCOIN_CLIENT_ID, CELCOIN_CLIENT_SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CELCOIN_CLIENT_ID", tc.id)
			t.Setenv("CELCOIN_CLIENT_SECRET", tc.secret)
			got, err := celcoin.CredentialsFromEnv()
			if tc.err != "" {
				require.EqualError(t, err, tc.err)
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, tc.want, got)
		})
	}
}
