package celcoinotel

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
)

type instruments struct {
	request, call, wait metric.Float64Histogram
	retries             metric.Int64Counter
}

func newInstruments(m metric.Meter) (*instruments, error) {
	request, err1 := httpconv.NewClientRequestDuration(m)
	call, err2 := m.Float64Histogram("reenvio.call.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of calls, with their waits and retries."),
		metric.WithExplicitBucketBoundaries(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600))
	wait, err3 := m.Float64Histogram("reenvio.call.wait",
		metric.WithUnit("s"),
		metric.WithDescription("Waits before a retry."),
		metric.WithExplicitBucketBoundaries(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300))
	retries, err4 := m.Int64Counter("reenvio.call.retries",
		metric.WithUnit("{retry}"),
		metric.WithDescription("Attempts after the first of a call."))
	return &instruments{request: request.Inst(), call: call, wait: wait, retries: retries}, errors.Join(err1, err2, err3, err4)
}

func record(ctx context.Context, h metric.Float64Histogram, d time.Duration, attrs []attribute.KeyValue) {
	if h.Enabled(ctx) {
		h.Record(ctx, d.Seconds(), metric.WithAttributes(attrs...))
	}
}

func count(ctx context.Context, c metric.Int64Counter, attrs []attribute.KeyValue) {
	if c.Enabled(ctx) {
		c.Add(ctx, 1, metric.WithAttributes(attrs...))
	}
}
