package celcoinotel

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"
)

// scope names this package in what it exports.
const scope = "github.com/reenvio/reenvio-go/celcoin/celcoinotel"

// Option sets up an [Observer].
type Option func(*options)

type options struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// WithTracerProvider makes the spans with p: by default otel.GetTracerProvider().
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(o *options) { o.tracers = p }
}

// WithMeterProvider records the metrics with p: by default otel.GetMeterProvider().
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(o *options) { o.meters = p }
}

// NewObserver makes an Observer for celcoin.WithObserver. Nothing is exported
// until the program gives package otel a provider, or this function one, which must
// not be nil.
func NewObserver(opts ...Option) (*Observer, error) {
	p := options{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, opt := range opts {
		if opt != nil {
			opt(&p)
		}
	}
	if p.tracers == nil || p.meters == nil {
		return nil, errors.New("celcoinotel: the tracer provider or the meter provider is nil")
	}
	meter := p.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	o := &Observer{
		vendor: "celcoin",
		tracer: p.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		watch:  &watch{},
	}
	request, err1 := httpconv.NewClientRequestDuration(meter)
	o.request = request.Inst()
	var err2, err3, err4 error
	o.call, err2 = meter.Float64Histogram("reenvio.call.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of calls, with their waits and retries."),
		metric.WithExplicitBucketBoundaries(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600))
	o.wait, err3 = meter.Float64Histogram("reenvio.call.wait",
		metric.WithUnit("s"),
		metric.WithDescription("Waits before a retry."),
		metric.WithExplicitBucketBoundaries(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300))
	o.retries, err4 = meter.Int64Counter("reenvio.call.retries",
		metric.WithUnit("{retry}"),
		metric.WithDescription("Attempts after the first of a call."))
	if err := errors.Join(err1, err2, err3, err4, o.watch.register(meter)); err != nil {
		return nil, fmt.Errorf("celcoinotel: %w", err)
	}
	return o, nil
}
