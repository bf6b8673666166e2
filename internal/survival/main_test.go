package survival

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(envPlain) != "" {
		// The second process of TestProxiesOfTheEnvironment has clients without
		// an http.Client, whose idle connections end with the process.
		os.Exit(m.Run()) //nolint:forbidigo // it is what TestMain has to do
	}
	goleak.VerifyTestMain(m)
}
