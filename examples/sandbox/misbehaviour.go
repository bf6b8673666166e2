package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// operations are the calls of each vendor that a fault can strike.
var operations = map[string][]string{
	"celcoin": {celcointest.OpToken, celcointest.OpCount, celcointest.OpDetails, celcointest.OpReplay, "*"},
	"ceffu":   {ceffutest.OpResend, "*"},
}

// parseFault reads a fault as "replay:status=503,times=3". The faults of both
// vendors have the same fields.
func parseFault(vendor, text string) (fault celcointest.Fault, err error) {
	operation, keys, _ := strings.Cut(text, ":")
	if !slices.Contains(operations[vendor], operation) {
		return fault, fmt.Errorf("want celcoin or ceffu, one of the calls %v, and keys", operations[vendor])
	}
	if operation != "*" {
		fault.Operation = operation
	}
	return fault, setPairs(faultKeys(&fault), keys)
}

// faultKeys are what can be said of a fault. Setting one sets a field of f.
func faultKeys(f *celcointest.Fault) *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.Func("match", "strikes only requests with `TEXT` in their URL or body, an entity for example", func(text string) error {
		f.Match = func(r *http.Request) bool {
			body, _ := io.ReadAll(r.Body)
			return strings.Contains(r.URL.String()+"\n"+string(body), text)
		}
		return nil
	})
	set.IntVar(&f.Skip, "skip", 0, "leaves the first `2` requests alone")
	set.IntVar(&f.Times, "times", 0, "strikes `3` times instead of once; -1 is always")
	set.Float64Var(&f.Probability, "probability", 0, "strikes `0.2` of the requests, always unless times says less")
	set.BoolVar(&f.Processed, "processed", false, "the request is carried out, only the answer is lost")
	set.IntVar(&f.Status, "status", 0, "answers `503`, with the vendor's JSON for it")
	set.StringVar(&f.Code, "code", "", "answers the vendor's code `CBE238`, in the vendor's JSON")
	set.StringVar(&f.Message, "message", "", "answers the vendor's message `TEXT`")
	set.Func("body", "answers `TEXT`; body= is an empty body", func(text string) error {
		f.Body = []byte(text)
		return nil
	})
	set.StringVar(&f.ContentType, "content-type", "", "is the Content-Type, as `text/html`")
	set.StringVar(&f.RetryAfter, "retry-after", "", "adds Retry-After as it is: `60`, a date, nonsense")
	set.DurationVar(&f.DateSkew, "date-skew", 0, "moves the Date header by `-5m`")
	set.BoolVar(&f.NoDate, "no-date", false, "leaves the Date header out")
	set.StringVar(&f.RedirectTo, "redirect-to", "", "redirects to `URL`")
	set.BoolVar(&f.RevokeToken, "revoke-token", false, "every token is worthless from this request on")
	set.DurationVar(&f.DelayHeaders, "delay-headers", 0, "waits `2s` before the status line")
	set.DurationVar(&f.DelayBody, "delay-body", 0, "waits `100ms` between the pieces of the body")
	set.BoolVar(&f.Reset, "reset", false, "resets the connection, without an answer")
	set.BoolVar(&f.CutBody, "cut-body", false, "ends the connection in the middle of the body")
	set.Int64Var(&f.Size, "size", 0, "answers `1000000` bytes")
	set.BoolVar(&f.Hang, "hang", false, "does nothing until the client leaves")
	return set
}

// setPairs reads "name=value,name,..." into a set.
func setPairs(set *flag.FlagSet, text string) error {
	reader := csv.NewReader(strings.NewReader(text))
	reader.LazyQuotes = true // a body of JSON need not double its own
	lines, err := reader.ReadAll()
	if err != nil || len(lines) != 1 {
		return errors.New("want name=value,name=value")
	}
	for _, pair := range lines[0] {
		name, value, given := strings.Cut(strings.TrimSpace(pair), "=")
		if set.Lookup(name) == nil {
			return fmt.Errorf("there is no %q", name)
		}
		if !given {
			value = "true" // right for switches, and for nothing else
		}
		if err := set.Set(name, value); err != nil && given {
			return fmt.Errorf("%s=%s: %w", name, value, err)
		} else if err != nil {
			return fmt.Errorf("%s needs a value", name)
		}
	}
	return nil
}

// assumptions are what a vendor may do. Setting one adds an option of its server.
func (s *settings) assumptions() *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	pix := func(name, about string, with func(bool) celcointest.Option) {
		assume(set, &s.celcoin, name, "Celcoin: "+about, strconv.ParseBool, with)
	}
	pix("pending-hidden", "pending webhooks show up only with OnlyPending=true", celcointest.WithPendingHidden)
	pix("true-dates", "the Z behind createDate is true, not Brasília's time", celcointest.WithTrueDates)
	pix("shifted-dates", "the false Z counts: windows find events of three hours later", celcointest.WithShiftedDates)
	pix("date-to-exclusive", "an event exactly at DateTo is left out", celcointest.WithDateToExclusive)
	pix("newest-first", "details begin with the newest", celcointest.WithNewestFirst)
	pix("limit-ignored", "Limit does nothing", celcointest.WithLimitIgnored)
	pix("empty-details-ok", "details that find nothing are an empty list, not 404", celcointest.WithEmptyDetailsOK)
	pix("empty-replay-not-found", "a replay that finds nothing is 404", celcointest.WithEmptyReplayNotFound)
	pix("unknown-entity-empty", "an entity that is unknown has no webhooks, instead of 400", celcointest.WithUnknownEntityEmpty)
	pix("subscription-required", "an entity without subscription is 404, CBE217", celcointest.WithSubscriptionRequired)
	pix("old-refused", "events of more than 7 days are refused, not invisible", celcointest.WithOldRefused)
	pix("bulk-replay", "`false`: a replay needs a webhookId", celcointest.WithBulkReplay)
	pix("single-token", "a new token revokes those before it", celcointest.WithSingleToken)
	pix("token-multipart-only", "the token call takes multipart/form-data only", celcointest.WithTokenMultipartOnly)
	assume(set, &s.celcoin, "default-limit", "Celcoin: a request without Limit has one of `200`", strconv.Atoi, celcointest.WithDefaultLimit)
	assume(set, &s.celcoin, "listing-cap", "Celcoin: a listing shows `1000` webhooks at most", strconv.Atoi, celcointest.WithListingCap)
	assume(set, &s.celcoin, "unstable-ties", "Celcoin: `2` pairs of one date change places with each request", strconv.Atoi, celcointest.WithUnstableTies)
	assume(set, &s.celcoin, "moving-set", "Celcoin: once a page is listed, `3` of it are delivered and as many new ones fail", strconv.Atoi,
		func(n int) celcointest.Option { return celcointest.WithMovingSet(n, -1) })
	assume(set, &s.celcoin, "blocking", "Celcoin: gives up on a webhook after more than `20` failures, on an entity after more than 50", strconv.Atoi,
		func(n int) celcointest.Option { return celcointest.WithBlocking(n, 50) })
	assume(set, &s.celcoin, "failed-replay-status", "Celcoin: a replay that fails leaves the status `FALHA`", parseText[celcoin.Status], celcointest.WithFailedReplayStatus)
	assume(set, &s.celcoin, "max-window", "Celcoin: windows wider than `24h` are refused", time.ParseDuration, celcointest.WithMaxWindow)
	assume(set, &s.celcoin, "token-lifetime", "Celcoin: tokens live for `90s`", time.ParseDuration, celcointest.WithTokenLifetime)
	assume(set, &s.celcoin, "age-limit", "Celcoin: webhooks can be listed and replayed for `24h`; 0s is for ever", time.ParseDuration, celcointest.WithAgeLimit)
	assume(set, &s.celcoin, "replay-answer", "Celcoin: a replay that was carried out is answered with the status `PROCESSING`", parseText[string], celcointest.WithReplayAnswer)
	assume(set, &s.celcoin, "replay-pace", "Celcoin: replays are delivered `1s` after each other", time.ParseDuration, celcointest.WithReplayPace)
	assume(set, &s.celcoin, "replay-delay", "Celcoin: a replay is delivered `5s` later", time.ParseDuration, celcointest.WithReplayDelay)
	assume(set, &s.celcoin, "replay-spread", "Celcoin: replays arrive within `5s`, in any order", time.ParseDuration, celcointest.WithReplaySpread)
	assume(set, &s.celcoin, "doubled-replays", "Celcoin: `0.1` of the replays arrive twice", parseFraction, celcointest.WithDoubledReplays)
	assume(set, &s.celcoin, "lost-replays", "Celcoin: `0.1` of the accepted replays never arrive", parseFraction, celcointest.WithLostReplays)
	assume(set, &s.celcoin, "announced-cas", "Celcoin: names the CAs in `file` when it asks for a certificate", readCAs, celcointest.WithAnnouncedCAs)

	assume(set, &s.ceffu, "errors-in-200", "Ceffu: errors come with HTTP 200, their code in the body", strconv.ParseBool, ceffutest.WithBusinessErrorsIn200)
	assume(set, &s.ceffu, "unknown-webhook", "Ceffu: answers `G20005` for a webhook that does not exist; 000000 accepts", parseText[string], ceffutest.WithUnknownWebhook)
	assume(set, &s.ceffu, "suspension-after", "Ceffu: `500` failures a day suspend a webhook; 0 is never", strconv.Atoi, ceffutest.WithSuspensionAfter)
	assume(set, &s.ceffu, "timestamp-window", "Ceffu: a timestamp may be `1m` off; 0s is any", time.ParseDuration, ceffutest.WithTimestampWindow)
	assume(set, &s.ceffu, "duplicate-window", "Ceffu: a signature cannot be repeated for `1m`", time.ParseDuration, ceffutest.WithDuplicateWindow)
	assume(set, &s.ceffu, "resend-range", "Ceffu: a resendFromDateTime longer ago than `4320h` is refused", time.ParseDuration, ceffutest.WithResendRange)
	assume(set, &s.ceffu, "resend-delay", "Ceffu: a resend is delivered `5s` later", time.ParseDuration, ceffutest.WithResendDelay)
	custody := func(name, about string, option ceffutest.Option) {
		assume(set, &s.ceffu, name, "Ceffu: "+about, parseTrue, func(bool) ceffutest.Option { return option })
	}
	custody("synchronous", "a resend is delivered before it is answered", ceffutest.WithSynchronousResend())
	custody("staying-failed", "what a resend delivered counts as failed all the same", ceffutest.WithResentStayingFailed())
	custody("suspended-refused", "a resend to a suspended webhook is refused, not ignored", ceffutest.WithSuspendedResend(ceffutest.ResendRefused))
	custody("suspended-delivered", "a resend to a suspended webhook is delivered", ceffutest.WithSuspendedResend(ceffutest.ResendDelivered))
	set.Func("rate-limit", "both: 429 beyond `10` calls a minute; Celcoin's with Retry-After", func(value string) error {
		n, err := strconv.Atoi(value)
		s.celcoin = append(s.celcoin, celcointest.WithRateLimit(n, time.Minute, true))
		s.ceffu = append(s.ceffu, ceffutest.WithRateLimit(n, time.Minute))
		return err
	})
	return set
}

// assume adds an assumption to a set: a value that parse reads, for the option that with makes of it.
func assume[V, O any](set *flag.FlagSet, options *[]O, name, about string, parse func(string) (V, error), with func(V) O) {
	add := func(value string) error {
		v, err := parse(value)
		if err == nil {
			*options = append(*options, with(v))
		}
		return err
	}
	if _, isBool := any(parse).(func(string) (bool, error)); isBool && !strings.Contains(about, "`") {
		set.BoolFunc(name, about, add) // to be named, without a value
	} else {
		set.Func(name, about, add)
	}
}

func parseText[T ~string](value string) (T, error) { return T(value), nil }

func parseFraction(value string) (float64, error) { return strconv.ParseFloat(value, 64) }

// parseTrue takes no other value: these options cannot be said to be off.
func parseTrue(value string) (bool, error) {
	if value != "true" {
		return false, errors.New("it takes no value")
	}
	return true, nil
}
