package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// variables begin so. Of a vendor all are needed, but for the certificate and its
// key, which only Celcoin's production wants.
var variables = []string{"CELCOIN_", "CEFFU_", "RECOVER_"}

// readEnvFile reads the variables of a file: instead of the environment, so that
// what one environment has set does not get into another. An error does not quote
// the file, as a line may be part of a secret.
func readEnvFile(path string) (values map[string]string, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // the command line says where
	if err != nil {
		return nil, err
	}
	values = map[string]string{}
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		m := envLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s, line %d: want NAME=value", path, i+1)
		}
		values[m[1]] = m[2] + m[3] + m[4]
	}
	return values, nil
}

// envLine is a name and its value, in either kind of quotes or without, and
// perhaps a comment.
var envLine = regexp.MustCompile(`^(?:export\s+)?([^\s"'=]+)=\s*?(?:"([^"]*)"|'([^']*)'|([^"'\s].*?)??)(?:\s+#.*)?$`)

// connect makes the clients that there are settings for. It does not use the
// network.
func (j *job) connect() error {
	if j.envFile != "" {
		values, err := readEnvFile(j.envFile)
		if err != nil {
			return err
		}
		if info, err := os.Stat(j.envFile); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			fmt.Fprintf(j.stderr, "recover: warning: others may read %s: chmod 600 %s\n", j.envFile, j.envFile)
		}
		j.getenv = func(name string) string { return values[name] }
	}
	c := j.command
	if j.vendor != "ceffu" && (c.takes("id") || c.takes("rate")) {
		if err := j.connectCelcoin(); err != nil {
			return err
		}
	}
	if j.vendor != "celcoin" && c.takes("event") {
		if err := j.connectCeffu(); err != nil {
			return err
		}
	}
	if c.takes("rate") && j.celcoin == nil && j.ceffu == nil && !j.isStory() {
		return errors.New("no credentials: set CELCOIN_CLIENT_ID, CELCOIN_CLIENT_SECRET and CELCOIN_BASE_URL; " +
			"for Ceffu's part, which only plan and run have, CEFFU_API_KEY, CEFFU_API_SECRET, CEFFU_BASE_URL and CEFFU_WEBHOOK_IDS")
	}
	return nil
}

func (j *job) connectCelcoin() error {
	set, err := j.allSet(celcoin.EnvClientID, celcoin.EnvClientSecret, "CELCOIN_BASE_URL")
	if err != nil || !set {
		return err
	}
	opts := []celcoin.Option{celcoin.WithBaseURL(j.variable("CELCOIN_BASE_URL")), celcoin.WithUserAgent("recover")}
	if set, err = j.allSet("CELCOIN_CLIENT_CERT", "CELCOIN_CLIENT_KEY"); err != nil {
		return err
	}
	passphrase := j.getenv("CELCOIN_CLIENT_KEY_PASSPHRASE") // as it is: white space may be part of it
	switch {
	case set:
		cert, err := celcoin.LoadClientCertificate(j.variable("CELCOIN_CLIENT_CERT"), j.variable("CELCOIN_CLIENT_KEY"), passphrase)
		if err != nil {
			return fmt.Errorf("CELCOIN_CLIENT_CERT or CELCOIN_CLIENT_KEY cannot be used: %w", err)
		}
		opts = append(opts, celcoin.WithClientCertificate(cert))
	case passphrase != "":
		return errors.New("not set: CELCOIN_CLIENT_CERT, CELCOIN_CLIENT_KEY, to which CELCOIN_CLIENT_KEY_PASSPHRASE belongs")
	}
	creds := celcoin.Credentials{ClientID: j.variable(celcoin.EnvClientID), ClientSecret: j.variable(celcoin.EnvClientSecret)}
	j.celcoin, err = celcoin.New(creds, opts...)
	return named(err, "ClientID", celcoin.EnvClientID, "ClientSecret", celcoin.EnvClientSecret, "base URL", "CELCOIN_BASE_URL")
}

func (j *job) connectCeffu() error {
	set, err := j.allSet(ceffu.EnvAPIKey, ceffu.EnvAPISecret, "CEFFU_BASE_URL", "CEFFU_WEBHOOK_IDS")
	if err != nil || !set {
		return err
	}
	for id := range strings.SplitSeq(j.variable("CEFFU_WEBHOOK_IDS"), ",") {
		id = strings.TrimSpace(id)
		if id == "" || strings.Trim(id, "0123456789") != "" {
			return errors.New("CEFFU_WEBHOOK_IDS is malformed: want ids of digits, separated by commas")
		}
		if !slices.Contains(j.webhookIDs, id) {
			j.webhookIDs = append(j.webhookIDs, id)
		}
	}
	j.ceffu, err = ceffu.New(
		ceffu.Credentials{APIKey: j.variable(ceffu.EnvAPIKey), APISecret: j.variable(ceffu.EnvAPISecret)},
		ceffu.WithBaseURL(j.variable("CEFFU_BASE_URL")),
		ceffu.WithRateLimit(min(j.rate, 2), 1), // how many Ceffu takes is not known
		ceffu.WithUserAgent("recover"))
	return named(err, "APIKey", ceffu.EnvAPIKey, "APISecret", ceffu.EnvAPISecret, "base URL", "CEFFU_BASE_URL")
}

func (j *job) variable(name string) string { return strings.TrimSpace(j.getenv(name)) }

// allSet tells whether all variables are set that belong together, or none.
func (j *job) allSet(names ...string) (bool, error) {
	var missing []string
	for _, name := range names {
		if j.variable(name) != "" {
			continue
		}
		if name == "CELCOIN_BASE_URL" {
			name += " (" + celcoin.SandboxURL + " or " + celcoin.ProductionURL + ")"
		}
		missing = append(missing, name)
	}
	if n := len(missing); n > 0 && n < len(names) {
		return false, errors.New("not set: " + strings.Join(missing, ", "))
	}
	return len(missing) == 0, nil
}

// login reads a name and a password, both or neither.
func (j *job) login(prefix string) (user, password string, err error) {
	user, password = j.getenv(prefix+"_USER"), j.getenv(prefix+"_PASSWORD")
	if (user == "") != (password == "") {
		err = usagef("%s_USER and %s_PASSWORD belong together, and one is not set", prefix, prefix)
	}
	return user, password, err
}

// named puts the variables in place of a client's names for its arguments.
func named(err error, names ...string) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.NewReplacer(names...).Replace(err.Error()))
}
