package celcoinotel_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinotel"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

const (
	getCount = "GET /common/v1/webhook/replay/{product}/{entity}"
	putOne   = "PUT /common/v1/webhook/replay/{product}/{entity}"
)

// lastHour is a query of the hour before now.
func lastHour() celcoin.Query {
	now := time.Now()
	return celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: now.Add(-time.Hour), To: now}
}

// celcoinAt is a server that meets with faults, and an observed client of it.
func celcoinAt(t *testing.T, x *telemetry, faults ...celcointest.Fault) (*celcointest.Server, *celcoin.Client) {
	t.Helper()
	server := celcointest.NewServer(t, celcointest.WithReceiver(http.NotFoundHandler()))
	for _, f := range faults {
		require.NoError(t, server.Inject(f))
	}
	client, err := server.Client(celcoin.WithObserver(x), celcoin.WithBaseURL("https://api.example:8443"))
	require.NoError(t, err)
	return server, client
}

func TestACallIsASpanAndItsAttemptsAreItsChildren(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := observe(t)
		slow := celcointest.Fault{Operation: "count", Status: 429, Code: "CBE429", RetryAfter: "2", DelayHeaders: time.Second}
		_, client := celcoinAt(t, x, slow)
		ctx, root := x.tracers.Tracer("application").Start(t.Context(), "job")
		_, err := client.CountWebhooks(ctx, lastHour())
		require.NoError(t, err)
		root.End()

		job, call, attempts := x.one(t, "job"), x.one(t, "celcoin count webhooks"), x.named(getCount)
		require.Len(t, attempts, 2)
		assert.Equal(t, job.SpanContext.SpanID(), call.Parent.SpanID())
		assert.Equal(t, trace.SpanKindInternal, call.SpanKind)
		assert.Equal(t, 3*time.Second, call.EndTime.Sub(call.StartTime), "the wait is the call's")
		assert.Equal(t, time.Second, attempts[0].EndTime.Sub(attempts[0].StartTime), "and not an attempt's")
		assert.Equal(t, map[string]string{
			"reenvio.vendor": "celcoin", "reenvio.operation": "count webhooks", "reenvio.attempts": "2", "reenvio.outcome": "ok",
		}, texts(call.Attributes))
		for _, a := range attempts {
			assert.Equal(t, call.SpanContext.SpanID(), a.Parent.SpanID())
			assert.Equal(t, job.SpanContext.TraceID(), a.SpanContext.TraceID())
			assert.Equal(t, trace.SpanKindClient, a.SpanKind)
			assert.Empty(t, a.Events)
		}
		both := func(more map[string]string) map[string]string {
			more["reenvio.vendor"], more["reenvio.operation"] = "celcoin", "count webhooks"
			more["http.request.method"], more["url.template"] = "GET", strings.TrimPrefix(getCount, "GET ")
			more["server.address"], more["server.port"] = "api.example", "8443"
			return more
		}
		assert.Equal(t, both(map[string]string{
			"http.response.status_code": "429", "error.type": "429",
			"reenvio.outcome": "status", "reenvio.code": "CBE429", "reenvio.wait": "2",
		}), texts(attempts[0].Attributes))
		assert.Equal(t, codes.Error, attempts[0].Status.Code)
		assert.Equal(t, both(map[string]string{
			"http.response.status_code": "200", "reenvio.outcome": "ok", "http.request.resend_count": "1",
		}), texts(attempts[1].Attributes))
		assert.Equal(t, codes.Unset, attempts[1].Status.Code)

		token := x.one(t, "celcoin token")
		assert.Equal(t, call.SpanContext.SpanID(), token.Parent.SpanID(), "the call that needed the token")
	})
}

func TestAFailedCallSaysWhy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault         celcointest.Fault
		status        string // of the attempt; empty: no response
		attempt, call string // error.type; empty: no error
	}{
		"a response that is an error":     {celcointest.Fault{Status: 500}, "500", "500", "outcome unknown"},
		"a refusal":                       {celcointest.Fault{Status: 403}, "403", "403", "forbidden"},
		"a response that cannot be read":  {celcointest.Fault{Status: 200, Body: []byte("<html>")}, "200", "malformed", "outcome unknown"},
		"a redirect":                      {celcointest.Fault{RedirectTo: "https://elsewhere.example"}, "307", "status", "status"},
		"a connection that ends too soon": {celcointest.Fault{Reset: true}, "", "reset", "outcome unknown"},
		"no response in time":             {celcointest.Fault{Hang: true}, "", "timeout", "outcome unknown"},
		"a success":                       {celcointest.Fault{DelayHeaders: time.Second}, "200", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := observe(t)
				tt.fault.Operation = "replay"
				server, client := celcoinAt(t, x, tt.fault)
				id := server.Add(celcointest.Webhook{Entity: celcoin.EntityPixPaymentIn})[0]
				_, err := client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: id}, celcoin.WithMaxRetries(0))
				require.Equal(t, tt.call != "", err != nil)
				attempt, call := x.one(t, putOne), x.one(t, "celcoin replay webhooks")
				assert.Equal(t, tt.status, texts(attempt.Attributes)["http.response.status_code"])
				assert.Equal(t, tt.attempt, texts(attempt.Attributes)["error.type"])
				assert.Equal(t, tt.call, texts(call.Attributes)["error.type"])
				assert.Equal(t, tt.call != "", call.Status.Code == codes.Error)
				assert.Equal(t, tt.attempt != "", attempt.Status.Code == codes.Error)
			})
		})
	}
}

func TestACancelledCallIsStillMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := observe(t)
		_, client := celcoinAt(t, x, celcointest.Fault{Operation: "count", Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.CountWebhooks(ctx, lastHour())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, codes.Error, x.one(t, "celcoin count webhooks").Status.Code)
		assert.Contains(t, histogram(t, x.metrics(t)["reenvio.call.duration"], "reenvio.operation"), "count webhooks")
		assert.Contains(t, histogram(t, x.metrics(t)["http.client.request.duration"], "http.request.method"), "GET")
	})
}

// TestASearchThatFindsNothingIsNotAnError, though Celcoin says 404.
func TestASearchThatFindsNothingIsNotAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := observe(t)
		_, client := celcoinAt(t, x)
		page, err := client.ListWebhooks(t.Context(), lastHour(), celcoin.PageOptions{})
		require.NoError(t, err)
		require.Empty(t, page.Webhooks)
		span := x.one(t, getCount+"/details")
		assert.Equal(t, "404", texts(span.Attributes)["http.response.status_code"])
		assert.NotContains(t, texts(span.Attributes), "error.type")
		assert.Equal(t, codes.Unset, span.Status.Code)
	})
}

func TestCallsAttemptsRetriesAndWaitsAreMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := observe(t)
		_, client := celcoinAt(t, x,
			celcointest.Fault{Operation: "count", Status: 429, RetryAfter: "2", Times: 2},
			celcointest.Fault{Operation: "count", Status: 403})
		for range 2 {
			client.CountWebhooks(t.Context(), lastHour()) //nolint:errcheck // the first ends with the 403
		}
		m := x.metrics(t)
		for name, unit := range map[string]string{
			"http.client.request.duration": "s", "reenvio.call.duration": "s", "reenvio.call.wait": "s", "reenvio.call.retries": "{retry}",
		} {
			assert.Equal(t, unit, m[name].Unit, name)
		}
		assert.Equal(t, map[string]string{
			"celcoin count webhooks status forbidden": "1 in 4 s",
			"celcoin count webhooks ok":               "1 in 0 s",
			"celcoin token ok":                        "1 in 0 s",
		}, histogram(t, m["reenvio.call.duration"], "reenvio.vendor", "reenvio.operation", "reenvio.outcome", "error.type"))
		path := strings.TrimPrefix(getCount, "GET ")
		assert.Equal(t, map[string]string{
			"GET " + path + " 429 429": "2 in 0 s",
			"GET " + path + " 403 403": "1 in 0 s",
			"GET " + path + " 200":     "1 in 0 s",
			"POST /v5/token 200":       "1 in 0 s",
		}, histogram(t, m["http.client.request.duration"], "http.request.method", "url.template", "http.response.status_code", "error.type"))
		requests, ok := m["http.client.request.duration"].Data.(metricdata.Histogram[float64])
		require.True(t, ok)
		assert.Equal(t, []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}, requests.DataPoints[0].Bounds)
		assert.Equal(t, map[string]string{"count webhooks": "2 in 4 s"}, histogram(t, m["reenvio.call.wait"], "reenvio.operation"))
		retries, ok := m["reenvio.call.retries"].Data.(metricdata.Sum[int64])
		require.True(t, ok)
		require.Len(t, retries.DataPoints, 1)
		assert.EqualValues(t, 2, retries.DataPoints[0].Value)
	})
}

func TestThePortIsSaidWhereItIsKnown(t *testing.T) {
	t.Parallel()
	for host, want := range map[string][2]string{
		"api.example":      {"api.example", "443"},
		"api.example:8443": {"api.example", "8443"},
		"[2001:db8::1]":    {"2001:db8::1", "443"},
		"127.0.0.1:80":     {"127.0.0.1", "80"},
		"localhost":        {"localhost", ""},
		"[::1]":            {"::1", ""},
	} {
		x := observe(t)
		ctx := x.AttemptStart(t.Context(), celcoin.Attempt{Number: 1, Method: http.MethodGet, Host: host})
		x.AttemptDone(ctx, celcoin.Attempt{Number: 1, Method: http.MethodGet, Host: host, Outcome: celcoin.OutcomeOK})
		attrs := texts(x.spans.GetSpans()[0].Attributes)
		assert.Equal(t, want, [2]string{attrs["server.address"], attrs["server.port"]})
	}
}

func TestTwoObserversEachEndTheirOwnSpans(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one, other := observe(t), observe(t)
		server := celcointest.NewServer(t)
		client, err := server.Client(celcoin.WithObserver(one), celcoin.WithObserver(other))
		require.NoError(t, err)
		_, err = client.CountWebhooks(t.Context(), lastHour())
		require.NoError(t, err)
		for _, x := range []*telemetry{one, other} {
			assert.Equal(t, "ok", texts(x.one(t, "celcoin count webhooks").Attributes)["reenvio.outcome"])
			assert.Equal(t, "200", texts(x.one(t, getCount).Attributes)["http.response.status_code"])
		}
	})
}

func TestCeffuIsObservedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := observe(t)
		server := ceffutest.NewServer(t, ceffutest.WithReceiver(http.NotFoundHandler()))
		hook, err := server.AddWebhook(ceffutest.Webhook{})
		require.NoError(t, err)
		client, err := server.Client(ceffu.WithObserver(x.Ceffu()))
		require.NoError(t, err)
		_, err = client.ResendWebhooks(t.Context(), ceffu.ResendRequest{
			WebhookID: hook.ID, EventType: ceffu.DepositSuccess, From: time.Now().Add(-time.Hour),
		})
		require.NoError(t, err)
		call := x.one(t, "ceffu resend webhooks")
		assert.Equal(t, "ceffu", texts(call.Attributes)["reenvio.vendor"])
		require.Len(t, x.spans.GetSpans(), 2)
		attempt := x.spans.GetSpans()[0]
		assert.Equal(t, call.SpanContext.SpanID(), attempt.Parent.SpanID())
		assert.Equal(t, "200", texts(attempt.Attributes)["http.response.status_code"])
		assert.Contains(t, histogram(t, x.metrics(t)["reenvio.call.duration"], "reenvio.vendor"), "ceffu")
	})
}

func TestAnObserverNeedsTheProvidersThatItIsGiven(t *testing.T) {
	t.Parallel()
	_, err := celcoinotel.NewObserver(celcoinotel.WithTracerProvider(nil))
	require.Error(t, err)
	_, err = celcoinotel.NewObserver(celcoinotel.WithMeterProvider(nil))
	require.Error(t, err)
}
