package main

import (
	"context"
	"net/http"

	promclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/reenvio/reenvio-go/celcoin/celcoinotel"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// telemetry is what Prometheus asks for.
type telemetry struct {
	handler  http.Handler
	observer *celcoinotel.Observer
	webhooks metric.Float64Histogram
}

func newTelemetry() (*telemetry, error) {
	registry := promclient.NewRegistry()
	exporter, err := prometheus.New(prometheus.WithRegisterer(registry), prometheus.WithoutScopeInfo())
	if err != nil {
		return nil, err
	}
	meters := sdk.NewMeterProvider(sdk.WithReader(exporter))
	t := &telemetry{handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{})}
	if t.observer, err = celcoinotel.NewObserver(celcoinotel.WithMeterProvider(meters)); err != nil {
		return nil, err
	}
	t.webhooks, err = meters.Meter("service").Float64Histogram("http.server.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of deliveries to the receiver."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
	return t, err
}

// received measures a delivery, by its answer alone: its entity can be any text.
func (t *telemetry) received(ctx context.Context, r inbox.Receipt) {
	t.webhooks.Record(ctx, r.Duration.Seconds(), metric.WithAttributes(
		attribute.String("http.route", "/webhooks/celcoin"), attribute.Int("http.response.status_code", r.StatusCode)))
}
