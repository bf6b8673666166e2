package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// reading is another way to read what a vendor does not document. Which is true
// nobody outside knows; a client should work under all.
type reading struct {
	name  string
	form  string // of its value; empty: it has none
	about string
	take  func(s *settings, value string) error
}

func readings() []reading {
	return append(celcoinReadings(), ceffuReadings()...)
}

func celcoinReadings() []reading {
	return []reading{
		{"celcoin.pending-hidden", "", "pending webhooks show up only with OnlyPending=true", ofCelcoin(celcointest.WithPendingHidden(true))},
		{"celcoin.true-dates", "", "the Z behind createDate is true, not Brasília's time", ofCelcoin(celcointest.WithTrueDates(true))},
		{"celcoin.shifted-dates", "", "the false Z counts: windows find events of three hours later", ofCelcoin(celcointest.WithShiftedDates(true))},
		{"celcoin.date-to-exclusive", "", "an event exactly at DateTo is left out", ofCelcoin(celcointest.WithDateToExclusive(true))},
		{"celcoin.newest-first", "", "details begin with the newest", ofCelcoin(celcointest.WithNewestFirst(true))},
		{"celcoin.limit-ignored", "", "Limit does nothing", ofCelcoin(celcointest.WithLimitIgnored(true))},
		{"celcoin.default-limit", "200", "the Limit of a request without one", withNumber(celcointest.WithDefaultLimit)},
		{"celcoin.empty-details-ok", "", "details that find nothing are an empty list, not 404", ofCelcoin(celcointest.WithEmptyDetailsOK(true))},
		{"celcoin.empty-replay-not-found", "", "a replay that finds nothing is 404", ofCelcoin(celcointest.WithEmptyReplayNotFound(true))},
		{"celcoin.old-refused", "", "events of more than 7 days are refused, not invisible", ofCelcoin(celcointest.WithOldRefused(true))},
		{"celcoin.max-window", "24h", "wider windows are refused", withDuration(celcointest.WithMaxWindow)},
		{"celcoin.no-bulk-replay", "", "a replay needs a webhookId", ofCelcoin(celcointest.WithBulkReplay(false))},
		{"celcoin.single-token", "", "a new token revokes those before it", ofCelcoin(celcointest.WithSingleToken(true))},
		{"celcoin.forbidden", "", "the client may not use this API: 403, CBE468", ofCelcoin(celcointest.WithForbidden(true))},
		{"celcoin.blocking", "20/50", "gives up after more failures of a webhook / of an entity", takeBlocking},
		{"celcoin.replay-spread", "5s", "replays arrive within that time, in any order", withDuration(celcointest.WithReplaySpread)},
		{"celcoin.doubled-replays", "0.1", "so many replays arrive twice", withFraction(celcointest.WithDoubledReplays)},
		{"celcoin.lost-replays", "0.1", "so many accepted replays never arrive", withFraction(celcointest.WithLostReplays)},
	}
}

func ceffuReadings() []reading {
	return []reading{
		{"ceffu.errors-in-200", "", "errors come with HTTP 200, their code in the body", ofCeffu(ceffutest.WithBusinessErrorsIn200(true))},
		{"ceffu.status", "G20012/200", "that code comes with that HTTP status; may be repeated", takeStatus},
		{"ceffu.synchronous", "", "a resend is delivered before it is answered", ofCeffu(ceffutest.WithSynchronousResend())},
		{"ceffu.staying-failed", "", "what a resend delivered counts as failed all the same", ofCeffu(ceffutest.WithResentStayingFailed())},
		{"ceffu.suspended", "refused", "what a resend to a suspended webhook is: ignored, refused or delivered", takeSuspended},
		{"ceffu.suspension-after", "500", "failures a day that suspend a webhook; 0: never", withNumber(ceffutest.WithSuspensionAfter)},
		{"ceffu.timestamp-window", "1m", "how far a timestamp may be off; 0s: any", withDuration(ceffutest.WithTimestampWindow)},
		{"ceffu.duplicate-window", "1m", "how long a signature cannot be repeated; 0s: it can", withDuration(ceffutest.WithDuplicateWindow)},
		{"ceffu.resend-range", "4320h", "an earlier resendFromDateTime is refused", withDuration(ceffutest.WithResendRange)},
		{"ceffu.unknown-webhook", "G20005", "the code for a webhook that does not exist; 000000: accepted", takeUnknownWebhook},
		{"ceffu.no-permission", "", "the API key has no permission: G20016", ofCeffu(ceffutest.WithoutPermission())},
	}
}

// readReadings takes the readings of one flag, separated by commas.
func (s *settings) readReadings(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		name, value, hasValue := strings.Cut(strings.TrimSpace(word), "=")
		if err := s.takeReading(name, value, hasValue); err != nil {
			return err
		}
	}
	return nil
}

func (s *settings) takeReading(name, value string, hasValue bool) error {
	for _, r := range readings() {
		switch {
		case r.name != name:
			continue
		case r.form == "" && hasValue:
			return fmt.Errorf("%s takes no value", name)
		case r.form != "" && !hasValue:
			return fmt.Errorf("%s needs a value: %s=%s", name, name, r.form)
		}
		if err := r.take(s, value); err != nil {
			return fmt.Errorf("%s=%s: %w", name, value, err)
		}
		return nil
	}
	return fmt.Errorf("there is no reading %q", name)
}

// option is one of either vendor's.
type option interface {
	celcointest.Option | ceffutest.Option
}

// add keeps an option for the vendor that it is for.
func add[O option](s *settings, o O) {
	switch o := any(o).(type) {
	case celcointest.Option:
		s.celcoin = append(s.celcoin, o)
	case ceffutest.Option:
		s.ceffu = append(s.ceffu, o)
	}
}

func ofCelcoin(o celcointest.Option) func(*settings, string) error { return fixed(o) }
func ofCeffu(o ceffutest.Option) func(*settings, string) error     { return fixed(o) }

func fixed[O option](o O) func(*settings, string) error {
	return func(s *settings, _ string) error {
		add(s, o)
		return nil
	}
}

func withNumber[O option](with func(int) O) func(*settings, string) error {
	return func(s *settings, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return errors.New("want a number from 0")
		}
		add(s, with(n))
		return nil
	}
}

func withDuration[O option](with func(time.Duration) O) func(*settings, string) error {
	return func(s *settings, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 {
			return errors.New("want a duration as 90s, 5m or 72h")
		}
		add(s, with(d))
		return nil
	}
}

func withFraction[O option](with func(float64) O) func(*settings, string) error {
	return func(s *settings, value string) error {
		p, err := strconv.ParseFloat(value, 64)
		if err != nil || !(p >= 0 && p <= 1) {
			return errors.New("want a number from 0 to 1")
		}
		add(s, with(p))
		return nil
	}
}
