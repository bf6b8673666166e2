package celcoin_test

import (
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
		"none":                          {celcoin.Credentials{}, "celcoin: credentials: ClientID is empty"},
		"no secret":                     {celcoin.Credentials{ClientID: "planted-id"}, "celcoin: credentials: ClientSecret is empty"},
		"no id":                         {celcoin.Credentials{ClientSecret: "planted-secret"}, "celcoin: credentials: ClientID is empty"},
		"both ways":                     {celcoin.Credentials{ClientID: "planted-id", TokenSource: source}, "celcoin: credentials: give either ClientID and ClientSecret or TokenSource, not both"},
		"both ways, with the secret":    {celcoin.Credentials{ClientSecret: "planted-secret", TokenSource: source}, "celcoin: credentials: give either ClientID and ClientSecret or TokenSource, not both"},
		"a line break from pasting":     {celcoin.Credentials{ClientID: "planted-id", ClientSecret: "planted-secret\n"}, "celcoin: credentials: ClientID or ClientSecret holds a control character, such as a line break from pasting"},
		"a control character in the id": {celcoin.Credentials{ClientID: "planted\x00", ClientSecret: "s"}, "celcoin: credentials: ClientID or ClientSecret holds a control character, such as a line break from pasting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := celcoin.New(tc.creds, celcoin.WithBaseURL(celcoin.SandboxURL))
			require.EqualError(t, err, tc.want)
		})
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
