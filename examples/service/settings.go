package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
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
	watched                         string
	entities                        []celcoin.Entity // of watched
	every, lookback, grace          time.Duration
	rate                            float64
	concurrency, jobs               int
	timeout, lease, maxWait         time.Duration
}

// simulated tells whether there is no Celcoin but a simulated one.
func (s *settings) simulated() bool { return s.clientID == "" }

// variables are all of them, with their defaults and meanings: package flag reads
// their values, from the environment.
func variables(s *settings) *flag.FlagSet {
	v := flag.NewFlagSet("service", flag.ContinueOnError)
	v.StringVar(&s.clientID, "CELCOIN_CLIENT_ID", "", "credentials; without any CELCOIN_ variable Celcoin is simulated")
	v.StringVar(&s.clientSecret, "CELCOIN_CLIENT_SECRET", "", "")
	v.StringVar(&s.baseURL, "CELCOIN_BASE_URL", "", "such as "+celcoin.SandboxURL)
	v.StringVar(&s.cert, "CELCOIN_CLIENT_CERT", "", "PEM text or path, for production")
	v.StringVar(&s.key, "CELCOIN_CLIENT_KEY", "", "PEM text or path, for production")
	v.StringVar(&s.passphrase, "CELCOIN_CLIENT_KEY_PASSPHRASE", "", "of an encrypted key")
	v.StringVar(&s.listen, "REENVIO_LISTEN", ":8080", "address of the receiver")
	v.StringVar(&s.user, "REENVIO_USER", "", "login that is registered with Celcoin for the webhooks")
	v.StringVar(&s.password, "REENVIO_PASSWORD", "", "its password")
	v.StringVar(&s.adminListen, "REENVIO_ADMIN_LISTEN", ":9090", "address of health, metrics and recoveries: not for the public")
	v.StringVar(&s.adminUser, "REENVIO_ADMIN_USER", "", "login for recoveries")
	v.StringVar(&s.adminPassword, "REENVIO_ADMIN_PASSWORD", "", "its password")
	v.StringVar(&s.databaseURL, "DATABASE_URL", "", "Postgres, and with it River; without it SQLite")
	v.StringVar(&s.sqliteFile, "REENVIO_SQLITE_FILE", "service.db", "on a local disk")
	v.StringVar(&s.watched, "REENVIO_ENTITIES", "pix-payment-in,pix-payment-out", "what is watched")
	v.DurationVar(&s.every, "REENVIO_WATCH_EVERY", 15*time.Minute, "how often Celcoin is asked what is pending")
	v.DurationVar(&s.lookback, "REENVIO_WATCH_LOOKBACK", 24*time.Hour, "how far back, at least")
	v.DurationVar(&s.grace, "REENVIO_WATCH_GRACE", 30*time.Minute, "what is younger is left to Celcoin")
	v.Float64Var(&s.rate, "REENVIO_RATE", 10, "calls to Celcoin a second, of all processes")
	v.IntVar(&s.concurrency, "REENVIO_CONCURRENCY", 16, "webhooks processed at once, and as many calls")
	v.DurationVar(&s.timeout, "REENVIO_TIMEOUT", 10*time.Second, "for processing a webhook")
	v.DurationVar(&s.maxWait, "REENVIO_MAX_WAIT", 10*time.Minute, "how long a recovery waits at most, and between trials after many failures")
	v.IntVar(&s.jobs, "REENVIO_JOBS", 8, "River jobs of a recovery: more than there are processes")
	v.DurationVar(&s.lease, "REENVIO_LEASE", 15*time.Second, "after which others go on with what a dead process held")
	return v
}

// sensible tells whether a number is one that a setting can have.
func sensible(v flag.Value) bool {
	switch n := v.(flag.Getter).Get().(type) {
	case time.Duration:
		return n > 0
	case float64:
		return n > 0 && n < 1e6
	case int:
		return n >= 1 && n <= 1000
	}
	return true
}

// normal is the default, a duration without zeros at its end.
func normal(f *flag.Flag) string {
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(f.DefValue)
}

// readSettings reads the environment. Its errors name variables, and not their
// values. Names that begin like one of the variables, and are none, are taken for
// typos.
func readSettings(environ []string) (*settings, error) {
	s := &settings{}
	known := variables(s)
	given := map[string]bool{}
	var errs []error
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		f := known.Lookup(name)
		switch {
		case value == "":
		case f != nil:
			given[name] = true
			if known.Set(name, value) != nil || !sensible(f.Value) {
				errs = append(errs, fmt.Errorf("service: %s: want a value such as %s", name, normal(f)))
			}
		case strings.HasPrefix(name, "CELCOIN_"), strings.HasPrefix(name, "REENVIO_"):
			errs = append(errs, fmt.Errorf("service: %s: there is no such setting, see service -help", name))
		}
	}
	for name := range strings.SplitSeq(s.watched, ",") {
		s.entities = append(s.entities, celcoin.Entity(strings.TrimSpace(name)))
		if !slices.Contains(celcoin.PixEntities(), s.entities[len(s.entities)-1]) {
			errs = append(errs, fmt.Errorf("service: REENVIO_ENTITIES: want names with commas between, of %v", celcoin.PixEntities()))
		}
	}
	return s, errors.Join(append(errs, s.complete(given))...)
}

// complete says what is missing, and fills in what a simulation needs.
func (s *settings) complete(given map[string]bool) error {
	needed := []string{
		"CELCOIN_CLIENT_ID", "CELCOIN_CLIENT_SECRET", "CELCOIN_BASE_URL",
		"REENVIO_USER", "REENVIO_PASSWORD", "REENVIO_ADMIN_USER", "REENVIO_ADMIN_PASSWORD",
	}
	pair := []string{"CELCOIN_CLIENT_CERT", "CELCOIN_CLIENT_KEY"}
	is := func(name string) bool { return given[name] }
	switch {
	case slices.ContainsFunc(append(pair, "CELCOIN_CLIENT_KEY_PASSPHRASE"), is):
		needed = append(needed, pair...)
	case !slices.ContainsFunc(needed[:3], is):
		needed = nil
		for _, v := range []*string{&s.user, &s.password, &s.adminUser, &s.adminPassword} {
			*v = cmp.Or(*v, "demo")
		}
		if !given["REENVIO_RATE"] {
			s.rate = 100 // so that a simulation does not take long
		}
		if !given["REENVIO_LISTEN"] {
			s.listen = "127.0.0.1" + s.listen
		}
		if !given["REENVIO_ADMIN_LISTEN"] {
			s.adminListen = "127.0.0.1" + s.adminListen
		}
	}
	var errs []error
	for _, name := range needed {
		if !given[name] {
			errs = append(errs, fmt.Errorf("service: %s: is not set", name))
		}
	}
	return errors.Join(errs...)
}

// usage prints the table.
func usage(out io.Writer) {
	fmt.Fprint(out, "service receives Celcoin's webhooks, and gets back those that it missed.\nSettings are in the environment:\n\n")
	variables(&settings{}).VisitAll(func(f *flag.Flag) {
		fmt.Fprintf(out, "  %-29s  %-30s  %s\n", f.Name, normal(f), f.Usage)
	})
}
