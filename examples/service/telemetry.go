package main

import (
	promclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/reenvio/reenvio-go/celcoin/celcoinotel"
)

// measure makes what Prometheus asks for.
func (x *service) measure() error {
	registry := promclient.NewRegistry()
	exporter, err := prometheus.New(prometheus.WithRegisterer(registry), prometheus.WithoutScopeInfo())
	if err != nil {
		return err
	}
	meters := sdk.NewMeterProvider(sdk.WithReader(exporter))
	x.metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	if x.observer, err = celcoinotel.NewObserver(celcoinotel.WithMeterProvider(meters)); err != nil {
		return err
	}
	x.deliveries, err = meters.Meter("service").Float64Histogram("http.server.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of deliveries to the receiver."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
	return err
}
