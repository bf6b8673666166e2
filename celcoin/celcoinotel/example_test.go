package celcoinotel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	promclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinotel"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// observed makes a client whose calls are traced and measured with the
// providers that the program has given to package otel.
func observed(creds celcoin.Credentials) (*celcoin.Client, error) {
	observer, err := celcoinotel.NewObserver()
	if err != nil {
		return nil, err
	}
	return celcoin.New(creds, celcoin.WithBaseURL(celcoin.SandboxURL), celcoin.WithObserver(observer))
}

// Without options the providers are OpenTelemetry's global ones.
func ExampleNewObserver() {
	creds := celcoin.Credentials{ClientID: "test-client", ClientSecret: "test-secret"} // or celcoin.CredentialsFromEnv()
	client, err := observed(creds)
	fmt.Println(client, err)
	// Output: celcoin.Client{sandbox.openfinance.celcoin.dev} <nil>
}

// propagator sends the context of an attempt's span along, to a gateway of one's
// own. Celcoin documents no use of it.
type propagator struct{ base http.RoundTripper }

func (p propagator) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	r = r.Clone(ctx)
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	return p.base.RoundTrip(r)
}

func propagate(base http.RoundTripper) http.RoundTripper { return propagator{base} }

// A transport that propagates the trace.
func Example() {
	server, err := celcointest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	provider := trace.NewTracerProvider() // with an exporter: trace.WithBatcher(exporter)
	observer, err := celcoinotel.NewObserver(celcoinotel.WithTracerProvider(provider))
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := celcoin.New(server.Credentials(), celcoin.WithBaseURL(server.URL),
		celcoin.WithObserver(observer), celcoin.WithTransport(propagate))
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx, span := provider.Tracer("job").Start(context.Background(), "count what is missing")
	defer span.End()
	now := time.Now()
	_, err = client.CountWebhooks(ctx, celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: now.Add(-time.Hour), To: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, request := range server.Requests() {
		received := request.Header.Get("Traceparent")
		fmt.Println(request.Operation, strings.Contains(received, span.SpanContext().TraceID().String()))
	}
	// Output:
	// token true
	// count true
}

// Prometheus reads the metrics through OpenTelemetry's exporter.
func ExampleWithMeterProvider_prometheus() {
	registry := promclient.NewRegistry()
	exporter, err := prometheus.New(prometheus.WithRegisterer(registry), prometheus.WithoutScopeInfo())
	if err != nil {
		fmt.Println(err)
		return
	}
	observer, err := celcoinotel.NewObserver(celcoinotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter))))
	if err != nil {
		fmt.Println(err)
		return
	}
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{}) // mux.Handle("GET /metrics", metrics)

	server, err := celcointest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := server.Client(celcoin.WithObserver(observer))
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Now()
	_, err = client.CountWebhooks(context.Background(), celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: now.Add(-time.Hour), To: now})
	if err != nil {
		fmt.Println(err)
		return
	}

	page := httptest.NewRecorder()
	metrics.ServeHTTP(page, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/metrics", http.NoBody))
	for line := range strings.Lines(page.Body.String()) {
		if strings.HasPrefix(line, "reenvio_call_duration_seconds_count") {
			fmt.Print(line)
		}
	}
	// Output:
	// reenvio_call_duration_seconds_count{reenvio_operation="count webhooks",reenvio_outcome="ok",reenvio_vendor="celcoin"} 1
	// reenvio_call_duration_seconds_count{reenvio_operation="token",reenvio_outcome="ok",reenvio_vendor="celcoin"} 1
}
