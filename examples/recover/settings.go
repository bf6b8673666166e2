package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// The variables. Of a vendor all are needed, but for the certificate and its
// key, which only Celcoin's production wants.
const (
	celcoinBaseURL    = "CELCOIN_BASE_URL"
	celcoinClientCert = "CELCOIN_CLIENT_CERT"
	celcoinClientKey  = "CELCOIN_CLIENT_KEY"
	celcoinPassphrase = "CELCOIN_CLIENT_KEY_PASSPHRASE" //nolint:gosec // a name, not a secret
	ceffuBaseURL      = "CEFFU_BASE_URL"
	ceffuWebhookIDs   = "CEFFU_WEBHOOK_IDS"
	gateURL           = "RECOVER_GATE_URL"
	gateLogin         = "RECOVER_GATE" // with _USER and _PASSWORD, as the next two
	pullLogin         = "RECOVER_PULL"
	listenLogin       = "RECOVER_LISTEN"
)

// variables are all of them, with what they are for.
var variables = [][2]string{
	{celcoin.EnvClientID, "of Celcoin, as is"},
	{celcoin.EnvClientSecret, ""},
	{celcoinBaseURL, celcoin.SandboxURL + " or " + celcoin.ProductionURL},
	{celcoinClientCert, "PEM text or the path of a PEM file; production wants it, and"},
	{celcoinClientKey, "its key, as PEM text or a path"},
	{celcoinPassphrase, "of a key that is encrypted"},
	{ceffu.EnvAPIKey, "of Ceffu, as is"},
	{ceffu.EnvAPISecret, "base64 of a PKCS#8 key"},
	{ceffuBaseURL, ceffu.DefaultBaseURL},
	{ceffuWebhookIDs, "ids of digits, with commas"},
	{gateURL, "instead of -gate, if the URL is a secret"},
	{gateLogin + "_USER", "Basic auth of -gate, with " + gateLogin + "_PASSWORD"},
	{gateLogin + "_PASSWORD", ""},
	{pullLogin + "_USER", "Basic auth of -pull-to, with " + pullLogin + "_PASSWORD"},
	{pullLogin + "_PASSWORD", ""},
	{listenLogin + "_USER", "Basic auth that listen wants, with " + listenLogin + "_PASSWORD"},
	{listenLogin + "_PASSWORD", ""},
}

func writeVariables(b *strings.Builder) {
	b.WriteString("\nVariables, of the environment or of -env-file. Their values are never shown:\n")
	for _, v := range variables {
		if v[1] != "" {
			fmt.Fprintf(b, "  %-29s %s\n", v[0], v[1])
		}
	}
}

// environment is where the variables are: with -env-file that file alone, so that
// what one environment has set does not get into another.
func (j *job) environment(getenv func(string) string) (func(string) string, error) {
	if j.envFile == "" {
		return getenv, nil
	}
	info, err := os.Stat(j.envFile) //nolint:gosec // the command line says where
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		fmt.Fprintf(j.stderr, "recover: warning: others may read %s: chmod 600 %s\n", j.envFile, j.envFile)
	}
	text, err := os.ReadFile(j.envFile) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "export "))
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || strings.ContainsAny(name, " \t\"'") {
			return nil, fmt.Errorf("%s, line %d: want NAME=value", j.envFile, i+1) // the line may be part of a secret
		}
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		values[name] = value
	}
	return func(name string) string { return values[name] }, nil
}

// connect makes the clients that there are settings for. It does not use the
// network.
func (j *job) connect() (err error) {
	if j.getenv, err = j.environment(j.getenv); err != nil {
		return err
	}
	if j.gate == "" {
		j.gate = j.getenv(gateURL)
	}
	if err := j.checkURLs(); err != nil {
		return err
	}
	if c, _ := commandOf(j.command); !c.takes("id") && !c.takes("rate") {
		return nil // it asks no vendor
	}
	if j.vendor != "ceffu" {
		if err := j.connectCelcoin(); err != nil {
			return err
		}
	}
	if c, _ := commandOf(j.command); j.vendor != "celcoin" && c.takes("event") {
		return j.connectCeffu()
	}
	return nil
}

func (j *job) connectCelcoin() error {
	set, err := j.variables(celcoin.EnvClientID, celcoin.EnvClientSecret, celcoinBaseURL)
	if err != nil || set == nil {
		return err
	}
	opts := []celcoin.Option{celcoin.WithBaseURL(set[celcoinBaseURL]), celcoin.WithUserAgent("recover")}
	pair, err := j.variables(celcoinClientCert, celcoinClientKey)
	if err != nil {
		return err
	}
	passphrase := j.getenv(celcoinPassphrase) // as it is: white space may be part of it
	switch {
	case pair != nil:
		cert, err := celcoin.LoadClientCertificate(pair[celcoinClientCert], pair[celcoinClientKey], passphrase)
		if err != nil {
			return fmt.Errorf("%s or %s cannot be used: %w", celcoinClientCert, celcoinClientKey, err)
		}
		opts = append(opts, celcoin.WithClientCertificate(cert))
	case passphrase != "":
		return fmt.Errorf("not set: %s, %s, to which %s belongs", celcoinClientCert, celcoinClientKey, celcoinPassphrase)
	}
	j.celcoin, err = celcoin.New(celcoin.Credentials{
		ClientID: set[celcoin.EnvClientID], ClientSecret: set[celcoin.EnvClientSecret],
	}, opts...)
	return blame(err, celcoinBaseURL, celcoin.EnvClientID+" or "+celcoin.EnvClientSecret)
}

func (j *job) connectCeffu() error {
	set, err := j.variables(ceffu.EnvAPIKey, ceffu.EnvAPISecret, ceffuBaseURL, ceffuWebhookIDs)
	if err != nil || set == nil {
		return err
	}
	j.ceffu, err = ceffu.New(
		ceffu.Credentials{APIKey: set[ceffu.EnvAPIKey], APISecret: set[ceffu.EnvAPISecret]},
		ceffu.WithBaseURL(set[ceffuBaseURL]),
		ceffu.WithRateLimit(min(j.rate, 2), 1), // how many Ceffu takes is not known
		ceffu.WithUserAgent("recover"))
	if err != nil {
		return blame(err, ceffuBaseURL, ceffu.EnvAPIKey+" or "+ceffu.EnvAPISecret)
	}
	for id := range strings.SplitSeq(set[ceffuWebhookIDs], ",") {
		id = strings.TrimSpace(id)
		if id == "" || strings.Trim(id, "0123456789") != "" {
			return fmt.Errorf("%s is malformed: want ids of digits, separated by commas", ceffuWebhookIDs)
		}
		if !slices.Contains(j.webhookIDs, id) {
			j.webhookIDs = append(j.webhookIDs, id)
		}
	}
	return nil
}

// variables reads what belongs together: nil if nothing of it is set.
func (j *job) variables(names ...string) (map[string]string, error) {
	values := map[string]string{}
	var missing []string
	for _, name := range names {
		if v := strings.TrimSpace(j.getenv(name)); v != "" {
			values[name] = v
			continue
		}
		if name == celcoinBaseURL {
			name += " (" + celcoin.SandboxURL + " or " + celcoin.ProductionURL + ")"
		}
		missing = append(missing, name)
	}
	if len(values) == 0 {
		return nil, nil
	}
	if len(missing) > 0 {
		return nil, errors.New("not set: " + strings.Join(missing, ", "))
	}
	return values, nil
}

// login reads a name and a password, both or neither.
func (j *job) login(prefix string) (user, password string, err error) {
	user, password = j.getenv(prefix+"_USER"), j.getenv(prefix+"_PASSWORD")
	if (user == "") != (password == "") {
		err = usagef("%s_USER and %s_PASSWORD belong together, and one is not set", prefix, prefix)
	}
	return user, password, err
}

// blame names the variable from which a client could not be made.
func blame(err error, baseURL, credentials string) error {
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "base URL"):
		return fmt.Errorf("%s is malformed: %w", baseURL, err)
	}
	return fmt.Errorf("%s is malformed: %w", credentials, err)
}
