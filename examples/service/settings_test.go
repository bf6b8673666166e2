package main

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAWrongSettingIsNamedAndItsValueIsNot(t *testing.T) {
	t.Parallel()
	const secret = "test-secret"
	for setting, name := range map[string]string{
		"REENVIO_RATE=" + secret:                     "REENVIO_RATE",
		"REENVIO_RATE=-1":                            "REENVIO_RATE",
		"REENVIO_WATCH_EVERY=15":                     "REENVIO_WATCH_EVERY",
		"REENVIO_CONCURRENCY=0":                      "REENVIO_CONCURRENCY",
		"REENVIO_ENTITIES=" + secret:                 "REENVIO_ENTITIES",
		"REENVIO_PASWORD=" + secret:                  "REENVIO_PASWORD",
		"CELCOIN_CLIENT_SECRET=" + secret:            "CELCOIN_CLIENT_ID",
		"CELCOIN_CLIENT_KEY=" + secret:               "CELCOIN_CLIENT_CERT",
		"DATABASE_URL=postgres://a:" + secret + "@[": "DATABASE_URL",
		"DATABASE_URL=" + secret:                     "DATABASE_URL",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), nil, []string{setting, "REENVIO_LISTEN=127.0.0.1:0", "REENVIO_ADMIN_LISTEN=127.0.0.1:0"}, io.Discard)
			require.ErrorContains(t, err, name)
			assert.NotContains(t, err.Error(), secret)
		})
	}
}

func TestTheReadmeHasEverySetting(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	variables(&settings{}).VisitAll(func(f *flag.Flag) {
		value := normal(f)
		if value != "" {
			value = "`" + value + "`"
		}
		assert.Contains(t, string(readme), strings.Join([]string{"| `" + f.Name + "`", value, f.Usage + " |"}, " | "))
	})
}
