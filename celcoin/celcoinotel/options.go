package celcoinotel

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// scope names this package in what it exports.
const scope = "github.com/reenvio/reenvio-go/celcoin/celcoinotel"

// Option sets up an [Observer]. One that makes no sense is an error of [NewObserver].
type Option func(*options) error

type options struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// WithTracerProvider makes the spans with p: by default otel.GetTracerProvider().
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(o *options) error {
		if p == nil {
			return errors.New("tracer provider: is nil")
		}
		o.tracers = p
		return nil
	}
}

// WithMeterProvider records the metrics with p: by default otel.GetMeterProvider().
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(o *options) error {
		if p == nil {
			return errors.New("meter provider: is nil")
		}
		o.meters = p
		return nil
	}
}

// NewObserver makes an Observer for celcoin.WithObserver. Nothing is exported
// until the program gives package otel a provider, or this function one.
func NewObserver(opts ...Option) (*Observer, error) {
	o := options{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(&o); err != nil {
			return nil, fmt.Errorf("celcoinotel: %w", err)
		}
	}
	meter, w := o.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)), &watch{}
	i, err := newInstruments(meter)
	if err := errors.Join(err, w.register(meter)); err != nil {
		return nil, fmt.Errorf("celcoinotel: %w", err)
	}
	return &Observer{
		vendor:      "celcoin",
		tracer:      o.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		instruments: i,
		watch:       w,
	}, nil
}
