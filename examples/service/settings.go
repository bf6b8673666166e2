package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// settings are what the environment decides.
type settings struct {
	clientID, clientSecret, baseURL string
	cert, key, passphrase           string
	listen, adminListen             string
	user, password                  string // that Celcoin sends
	adminUser, adminPassword        string
	databaseURL, sqliteFile         string
	entities                        []celcoin.Entity
	every, lookback, grace          time.Duration
	rate                            float64
	concurrency, jobs               int
	timeout, lease, maxWait         time.Duration
}

// simulated tells whether there is no Celcoin but a simulated one.
func (s *settings) simulated() bool { return s.clientID == "" }

// variable is a variable of the environment.
type variable struct {
	name, normal, meaning string
	set                   func(value string) error // its error says what is wanted, and not what there is
}

// variables are all of them. Names that begin like one of these, and are none,
// are taken for typos.
func variables(s *settings) []variable {
	return []variable{
		{"CELCOIN_CLIENT_ID", "", "credentials; without any CELCOIN_ variable Celcoin is simulated", text(&s.clientID)},
		{"CELCOIN_CLIENT_SECRET", "", "", text(&s.clientSecret)},
		{"CELCOIN_BASE_URL", "", "such as " + celcoin.SandboxURL, text(&s.baseURL)},
		{"CELCOIN_CLIENT_CERT", "", "PEM text or path, for production", text(&s.cert)},
		{"CELCOIN_CLIENT_KEY", "", "PEM text or path, for production", text(&s.key)},
		{"CELCOIN_CLIENT_KEY_PASSPHRASE", "", "of an encrypted key", text(&s.passphrase)},
		{"REENVIO_LISTEN", ":8080", "address of the receiver", text(&s.listen)},
		{"REENVIO_USER", "", "login that is registered with Celcoin for the webhooks", text(&s.user)},
		{"REENVIO_PASSWORD", "", "its password", text(&s.password)},
		{"REENVIO_ADMIN_LISTEN", ":9090", "address of health, metrics and recoveries: not for the public", text(&s.adminListen)},
		{"REENVIO_ADMIN_USER", "", "login for recoveries", text(&s.adminUser)},
		{"REENVIO_ADMIN_PASSWORD", "", "its password", text(&s.adminPassword)},
		{"DATABASE_URL", "", "Postgres, and with it River; without it SQLite", text(&s.databaseURL)},
		{"REENVIO_SQLITE_FILE", "service.db", "on a local disk", text(&s.sqliteFile)},
		{"REENVIO_ENTITIES", "pix-payment-in,pix-payment-out", "what is watched", entities(&s.entities)},
		{"REENVIO_WATCH_EVERY", "15m", "how often Celcoin is asked what is pending", duration(&s.every)},
		{"REENVIO_WATCH_LOOKBACK", "24h", "how far back", duration(&s.lookback)},
		{"REENVIO_WATCH_GRACE", "30m", "what is younger is left to Celcoin", duration(&s.grace)},
		{"REENVIO_RATE", "10", "calls to Celcoin a second, of all processes", number(&s.rate)},
		{"REENVIO_CONCURRENCY", "16", "webhooks processed at once, and as many calls", count(&s.concurrency)},
		{"REENVIO_TIMEOUT", "10s", "for processing a webhook", duration(&s.timeout)},
		{"REENVIO_MAX_WAIT", "10m", "how long a recovery waits at most, and between trials after many failures", duration(&s.maxWait)},
		{"REENVIO_JOBS", "8", "River jobs of a recovery: more than there are processes", count(&s.jobs)},
		{"REENVIO_LEASE", "15s", "after which others go on with what a dead process held", duration(&s.lease)},
	}
}

func readSettings(environ []string) (*settings, error) {
	s := &settings{}
	given := map[string]string{}
	for _, e := range environ {
		if name, value, _ := strings.Cut(e, "="); value != "" {
			given[name] = value
		}
	}
	var errs []error
	known := variables(s)
	for _, v := range known {
		if value := cmp.Or(given[v.name], v.normal); value != "" {
			if err := v.set(value); err != nil {
				errs = append(errs, fmt.Errorf("service: %s: %w", v.name, err))
			}
		}
	}
	for name := range given {
		ours := strings.HasPrefix(name, "CELCOIN_") || strings.HasPrefix(name, "REENVIO_")
		if ours && !slices.ContainsFunc(known, func(v variable) bool { return v.name == name }) {
			errs = append(errs, fmt.Errorf("service: %s: there is no such setting, see service -help", name))
		}
	}
	errs = append(errs, s.complete(given))
	return s, errors.Join(errs...)
}

// complete says what is missing, and fills in what a simulation needs.
func (s *settings) complete(given map[string]string) error {
	var errs []error
	if s.simulated() && s.clientSecret == "" && s.baseURL == "" && s.cert == "" && s.key == "" && s.passphrase == "" {
		for _, v := range []*string{&s.user, &s.password, &s.adminUser, &s.adminPassword} {
			*v = cmp.Or(*v, "demo")
		}
		if given["REENVIO_RATE"] == "" {
			s.rate = 100 // nobody wants to wait for a simulation
		}
		if given["REENVIO_LISTEN"] == "" {
			s.listen = "127.0.0.1" + s.listen
		}
		if given["REENVIO_ADMIN_LISTEN"] == "" {
			s.adminListen = "127.0.0.1" + s.adminListen
		}
		return nil
	}
	needed := []string{
		"CELCOIN_CLIENT_ID", "CELCOIN_CLIENT_SECRET", "CELCOIN_BASE_URL",
		"REENVIO_USER", "REENVIO_PASSWORD", "REENVIO_ADMIN_USER", "REENVIO_ADMIN_PASSWORD",
	}
	if s.cert != "" || s.key != "" || s.passphrase != "" {
		needed = append(needed, "CELCOIN_CLIENT_CERT", "CELCOIN_CLIENT_KEY")
	}
	for _, name := range needed {
		if given[name] == "" {
			errs = append(errs, fmt.Errorf("service: %s: is not set", name))
		}
	}
	return errors.Join(errs...)
}

// usage prints the table.
func usage(out io.Writer) {
	fmt.Fprint(out, "service receives Celcoin's webhooks, and gets back those that it missed.\nSettings are in the environment:\n\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, v := range variables(&settings{}) {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", v.name, v.normal, v.meaning)
	}
	_ = w.Flush() // as with any print
}

func text(to *string) func(string) error {
	return func(value string) error { *to = value; return nil }
}

func duration(to *time.Duration) func(string) error {
	return func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return errors.New("want a duration above 0, such as 90s, 15m or 24h")
		}
		*to = d
		return nil
	}
}

func number(to *float64) func(string) error {
	return func(value string) error {
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || !(f > 0 && f < 1e6) {
			return errors.New("want a number above 0")
		}
		*to = f
		return nil
	}
}

func count(to *int) func(string) error {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 1000 {
			return errors.New("want a number from 1 to 1000")
		}
		*to = n
		return nil
	}
}

func entities(to *[]celcoin.Entity) func(string) error {
	return func(value string) error {
		for name := range strings.SplitSeq(value, ",") {
			e := celcoin.Entity(strings.TrimSpace(name))
			if !slices.Contains(celcoin.PixEntities(), e) {
				return fmt.Errorf("want names of Pix events with commas between, of: %v", celcoin.PixEntities())
			}
			*to = append(*to, e)
		}
		return nil
	}
}
