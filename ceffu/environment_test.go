package ceffu_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// An environment is the whole program's, so these tests are not parallel.

func TestCredentialsComeFromTheEnvironment(t *testing.T) {
	for name, secret := range keyForms(t) {
		t.Run(name, func(t *testing.T) {
			t.Setenv(ceffu.EnvAPIKey, " "+testAPIKey+"\n")
			t.Setenv(ceffu.EnvAPISecret, secret)
			creds, err := ceffu.CredentialsFromEnv()
			require.NoError(t, err)
			assert.Equal(t, testAPIKey, creds.APIKey)
			assert.Nil(t, creds.Signer)
			_, err = ceffu.New(creds)
			require.NoError(t, err)
		})
	}
}

func TestAnEnvironmentWithoutCredentialsNamesWhatIsMissing(t *testing.T) {
	for name, tt := range map[string]struct{ key, secret, want string }{
		"nothing":         {"", "", "CEFFU_API_KEY, CEFFU_API_SECRET"},
		"no key":          {"", "canary", "CEFFU_API_KEY"},
		"no secret":       {"canary", "", "CEFFU_API_SECRET"},
		"blanks for both": {"\t", " ", "CEFFU_API_KEY, CEFFU_API_SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CEFFU_API_KEY", tt.key)
			t.Setenv("CEFFU_API_SECRET", tt.secret)
			creds, err := ceffu.CredentialsFromEnv()
			require.EqualError(t, err, "ceffu: not set in the environment: "+tt.want)
			assert.Equal(t, ceffu.Credentials{}, creds)
		})
	}
}
