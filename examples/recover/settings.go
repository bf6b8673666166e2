package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// The variables of both vendors. A vendor is used if one of its variables is
// set, and then all of them must be, but for the certificate and its key, which
// only Celcoin's production wants.
const (
	celcoinBaseURL    = "CELCOIN_BASE_URL"
	celcoinClientCert = "CELCOIN_CLIENT_CERT"
	celcoinClientKey  = "CELCOIN_CLIENT_KEY"
	celcoinPassphrase = "CELCOIN_CLIENT_KEY_PASSPHRASE" //nolint:gosec // a name, not a secret
	ceffuBaseURL      = "CEFFU_BASE_URL"
	ceffuWebhookIDs   = "CEFFU_WEBHOOK_IDS"
)

// connect makes the clients that the environment has settings for. It does not
// use the network.
func (j *job) connect(getenv func(string) string) error {
	if j.vendor != "ceffu" {
		if err := j.connectCelcoin(getenv); err != nil {
			return err
		}
	}
	if j.vendor != "celcoin" {
		return j.connectCeffu(getenv)
	}
	return nil
}

func (j *job) connectCelcoin(getenv func(string) string) error {
	set, err := variables(getenv, celcoin.EnvClientID, celcoin.EnvClientSecret, celcoinBaseURL)
	if err != nil || set == nil {
		return err
	}
	opts := []celcoin.Option{celcoin.WithBaseURL(set[celcoinBaseURL]), celcoin.WithUserAgent("recover")}
	pair, err := variables(getenv, celcoinClientCert, celcoinClientKey)
	if err != nil {
		return err
	}
	passphrase := getenv(celcoinPassphrase) // as it is: white space may be part of it
	switch {
	case pair != nil:
		cert, err := celcoin.LoadClientCertificate(pair[celcoinClientCert], pair[celcoinClientKey], passphrase)
		if err != nil {
			return fmt.Errorf("%s or %s cannot be used: %w", celcoinClientCert, celcoinClientKey, err)
		}
		opts = append(opts, celcoin.WithClientCertificate(cert))
	case passphrase != "":
		return errors.New("not set in the environment: " + celcoinClientCert + ", " + celcoinClientKey + ", to which " + celcoinPassphrase + " belongs")
	}
	j.celcoin, err = celcoin.New(celcoin.Credentials{
		ClientID: set[celcoin.EnvClientID], ClientSecret: set[celcoin.EnvClientSecret],
	}, opts...)
	return blame(err, celcoinBaseURL, celcoin.EnvClientID+" or "+celcoin.EnvClientSecret)
}

func (j *job) connectCeffu(getenv func(string) string) error {
	set, err := variables(getenv, ceffu.EnvAPIKey, ceffu.EnvAPISecret, ceffuBaseURL, ceffuWebhookIDs)
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
	return j.readWebhookIDs(set[ceffuWebhookIDs])
}

func (j *job) readWebhookIDs(list string) error {
	for id := range strings.SplitSeq(list, ",") {
		id = strings.TrimSpace(id)
		if id == "" || strings.Trim(id, "0123456789") != "" {
			return fmt.Errorf("%s is malformed: want ids of digits, separated by commas", ceffuWebhookIDs)
		}
		j.webhookIDs = append(j.webhookIDs, id)
	}
	return nil
}

// variables reads what belongs together: nil if nothing of it is set.
func variables(getenv func(string) string, names ...string) (map[string]string, error) {
	values := map[string]string{}
	var missing []string
	for _, name := range names {
		if v := strings.TrimSpace(getenv(name)); v != "" {
			values[name] = v
		} else {
			missing = append(missing, name)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("not set in the environment: %s", strings.Join(missing, ", "))
	}
	return values, nil
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
