package main

import (
	"crypto/x509"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// What the vendors may do: options by their names, with the value that they take, if any.
var celcoinAssumptions = map[string]any{
	"pending-hidden":         celcointest.WithPendingHidden,
	"true-dates":             celcointest.WithTrueDates,
	"shifted-dates":          celcointest.WithShiftedDates,
	"date-to-exclusive":      celcointest.WithDateToExclusive,
	"newest-first":           celcointest.WithNewestFirst,
	"limit-ignored":          celcointest.WithLimitIgnored,
	"default-limit":          celcointest.WithDefaultLimit,
	"empty-details-ok":       celcointest.WithEmptyDetailsOK,
	"empty-replay-not-found": celcointest.WithEmptyReplayNotFound,
	"unknown-entity-empty":   celcointest.WithUnknownEntityEmpty,
	"subscription-required":  celcointest.WithSubscriptionRequired,
	"age-limit":              celcointest.WithAgeLimit,
	"old-refused":            celcointest.WithOldRefused,
	"max-window":             celcointest.WithMaxWindow,
	"bulk-replay":            celcointest.WithBulkReplay,
	"single-token":           celcointest.WithSingleToken,
	"token-lifetime":         celcointest.WithTokenLifetime,
	"token-multipart-only":   celcointest.WithTokenMultipartOnly,
	"listing-cap":            celcointest.WithListingCap,
	"unstable-ties":          celcointest.WithUnstableTies,
	"moving-set":             func(n int) celcointest.Option { return celcointest.WithMovingSet(n, -1) },
	"blocking":               func(n int) celcointest.Option { return celcointest.WithBlocking(n, 50) },
	"failed-replay-status":   celcointest.WithFailedReplayStatus,
	"replay-answer":          celcointest.WithReplayAnswer,
	"replay-delay":           celcointest.WithReplayDelay,
	"replay-pace":            celcointest.WithReplayPace,
	"replay-spread":          celcointest.WithReplaySpread,
	"doubled-replays":        celcointest.WithDoubledReplays,
	"lost-replays":           celcointest.WithLostReplays,
	"announced-cas":          celcointest.WithAnnouncedCAs,
	"client-ca":              celcointest.WithClientCAs,
	"tls":                    celcointest.WithTLS,
	"rate-limit":             func(n int) celcointest.Option { return celcointest.WithRateLimit(n, time.Minute, true) },
}

var ceffuAssumptions = map[string]any{
	"errors-in-200":       ceffutest.WithBusinessErrorsIn200,
	"unknown-webhook":     ceffutest.WithUnknownWebhook,
	"suspension-after":    ceffutest.WithSuspensionAfter,
	"timestamp-window":    ceffutest.WithTimestampWindow,
	"duplicate-window":    ceffutest.WithDuplicateWindow,
	"resend-range":        ceffutest.WithResendRange,
	"resend-delay":        ceffutest.WithResendDelay,
	"synchronous":         ceffutest.WithSynchronousResend,
	"staying-failed":      ceffutest.WithResentStayingFailed,
	"suspended-refused":   func() ceffutest.Option { return ceffutest.WithSuspendedResend(ceffutest.ResendRefused) },
	"suspended-delivered": func() ceffutest.Option { return ceffutest.WithSuspendedResend(ceffutest.ResendDelivered) },
	"tls":                 ceffutest.WithTLS,
	"rate-limit":          func(n int) ceffutest.Option { return ceffutest.WithRateLimit(n, time.Minute) },
}

// assume adds the option of an assumption, to the servers that have it.
func (b *sandbox) assume(name, text string) error {
	err := errors.New("there is no such name")
	for _, with := range []any{celcoinAssumptions[name], ceffuAssumptions[name]} {
		if with == nil {
			continue
		}
		function, values := reflect.ValueOf(with), []reflect.Value(nil)
		if function.Type().NumIn() > 0 {
			value := reflect.New(function.Type().In(0))
			if err = read(value.Interface(), text); err != nil {
				return err
			}
			values = append(values, value.Elem())
		} else if text != "true" {
			return errors.New("it takes no value")
		}
		switch option := function.Call(values)[0].Interface().(type) {
		case celcointest.Option:
			b.celcoinOptions = append(b.celcoinOptions, option)
		case ceffutest.Option:
			b.ceffuOptions = append(b.ceffuOptions, option)
		}
		err = nil
	}
	return err
}

// read reads a value from the command line.
func read(value any, text string) (err error) {
	switch value := value.(type) {
	case *[]byte:
		*value = []byte(text)
	case *time.Duration:
		*value, err = time.ParseDuration(text)
	case *func(*http.Request) bool: // of a fault
		*value = func(r *http.Request) bool {
			body, _ := io.ReadAll(r.Body)
			return strings.Contains(r.URL.String()+"\n"+string(body), text)
		}
	case **x509.CertPool:
		var pem []byte
		*value = x509.NewCertPool()
		if pem, err = os.ReadFile(text); err == nil && !(*value).AppendCertsFromPEM(pem) { //nolint:gosec // the caller's file
			err = errors.New("the file holds no certificate in PEM")
		}
	default: // texts, numbers and switches
		if target := reflect.ValueOf(value).Elem(); target.Kind() == reflect.String {
			target.SetString(text)
		} else if json.Unmarshal([]byte(text), value) != nil {
			err = fmt.Errorf("want %v", target.Type())
		}
	}
	return err
}

// calls are those of each vendor that a fault can strike.
var calls = map[string][]string{
	"celcoin": {celcointest.OpToken, celcointest.OpCount, celcointest.OpDetails, celcointest.OpReplay, "*"},
	"ceffu":   {ceffutest.OpResend, "*"},
}

// fail arms a fault, which reads as "replay:status=503,times=3". The keys are its fields.
func (b *sandbox) fail(vendor, text string) error {
	call, keys, _ := strings.Cut(text, ":")
	if !slices.Contains(calls[vendor], call) {
		return fmt.Errorf("want celcoin or ceffu, one of the calls %v, and keys", calls[vendor])
	}
	fault := celcointest.Fault{Operation: strings.TrimPrefix(call, "*")}
	err := eachPair(keys, func(name, value string) error {
		field := reflect.ValueOf(&fault).Elem().FieldByNameFunc(func(field string) bool {
			return strings.EqualFold(field, strings.ReplaceAll(name, "-", ""))
		})
		if !field.IsValid() {
			return errors.New("there is no such name")
		}
		return read(field.Addr().Interface(), value)
	})
	switch {
	case err != nil:
		return err
	case vendor == "ceffu":
		return b.Ceffu.Inject(fault)
	default:
		return b.Celcoin.Inject(fault)
	}
}

// eachPair reads "name=value,name,…", as CSV. A name alone is one that is true.
func eachPair(text string, do func(name, value string) error) error {
	reader := csv.NewReader(strings.NewReader(text))
	reader.LazyQuotes = true // a body of JSON need not double its own
	pairs, err := reader.Read()
	if err != nil {
		return errors.New("want name=value,name=value")
	}
	for _, pair := range pairs {
		name, value, given := strings.Cut(strings.TrimSpace(pair), "=")
		if !given {
			value = "true"
		}
		if err := do(name, value); err != nil {
			return fmt.Errorf("%s: %w", pair, err)
		}
	}
	return nil
}
