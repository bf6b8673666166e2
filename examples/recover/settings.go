package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// job is what is to be recovered, and from whom.
type job struct {
	from, to   time.Time // the outage
	entities   []celcoin.Entity
	celcoin    *celcoin.Client // nil: not this vendor
	ceffu      *ceffu.Client   // nil: not this vendor
	webhookIDs []string        // Ceffu's
	settle     time.Duration   // what a delivery may take after it was accepted
}

// The variables of both vendors. A vendor is used if one of its variables is
// set, and then all of them must be.
const (
	celcoinBaseURL  = "CELCOIN_BASE_URL"
	ceffuBaseURL    = "CEFFU_BASE_URL"
	ceffuWebhookIDs = "CEFFU_WEBHOOK_IDS"
)

// connect makes the clients that the environment has settings for.
func (j *job) connect(getenv func(string) string) error {
	celcoinVars, err := variables(getenv, celcoin.EnvClientID, celcoin.EnvClientSecret, celcoinBaseURL)
	if err != nil {
		return err
	}
	ceffuVars, err := variables(getenv, ceffu.EnvAPIKey, ceffu.EnvAPISecret, ceffuBaseURL, ceffuWebhookIDs)
	if err != nil {
		return err
	}
	if celcoinVars != nil {
		j.celcoin, err = celcoin.New(
			celcoin.Credentials{ClientID: celcoinVars[celcoin.EnvClientID], ClientSecret: celcoinVars[celcoin.EnvClientSecret]},
			celcoin.WithBaseURL(celcoinVars[celcoinBaseURL]),
			celcoin.WithRateLimit(20, 20),
			celcoin.WithUserAgent("recover"))
		if err != nil {
			return blame(err, celcoinBaseURL, celcoin.EnvClientID+" or "+celcoin.EnvClientSecret)
		}
	}
	if ceffuVars != nil {
		j.ceffu, err = ceffu.New(
			ceffu.Credentials{APIKey: ceffuVars[ceffu.EnvAPIKey], APISecret: ceffuVars[ceffu.EnvAPISecret]},
			ceffu.WithBaseURL(ceffuVars[ceffuBaseURL]),
			ceffu.WithRateLimit(2, 1),
			ceffu.WithUserAgent("recover"))
		if err != nil {
			return blame(err, ceffuBaseURL, ceffu.EnvAPIKey+" or "+ceffu.EnvAPISecret)
		}
		return j.readWebhookIDs(ceffuVars[ceffuWebhookIDs])
	}
	return nil
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
	if strings.Contains(err.Error(), "base URL") {
		return fmt.Errorf("%s is malformed: %w", baseURL, err)
	}
	return fmt.Errorf("%s is malformed: %w", credentials, err)
}
