package celcoinotel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/reenvio/reenvio-go/celcoin/celcoinotel"
)

// telemetry is an Observer and all that it exports.
type telemetry struct {
	*celcoinotel.Observer

	tracers *trace.TracerProvider
	spans   *tracetest.InMemoryExporter
	meters  *metric.ManualReader
}

func observe(t *testing.T) *telemetry {
	t.Helper()
	x := &telemetry{spans: tracetest.NewInMemoryExporter(), meters: metric.NewManualReader()}
	x.tracers = trace.NewTracerProvider(trace.WithSyncer(x.spans))
	var err error
	x.Observer, err = celcoinotel.NewObserver(
		celcoinotel.WithTracerProvider(x.tracers),
		celcoinotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(x.meters))))
	require.NoError(t, err)
	return x
}

// named are the spans of a name, in the order in which they ended.
func (x *telemetry) named(name string) []tracetest.SpanStub {
	var found []tracetest.SpanStub
	for _, s := range x.spans.GetSpans() {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

func (x *telemetry) one(t *testing.T, name string) tracetest.SpanStub {
	t.Helper()
	found := x.named(name)
	require.Len(t, found, 1, name)
	return found[0]
}

// metrics are the instruments by name.
func (x *telemetry) metrics(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var data metricdata.ResourceMetrics
	require.NoError(t, x.meters.Collect(t.Context(), &data))
	found := map[string]metricdata.Metrics{}
	for _, s := range data.ScopeMetrics {
		for _, m := range s.Metrics {
			found[m.Name] = m
		}
	}
	return found
}

// texts are attributes by name, each value as text.
func texts(attrs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range attrs {
		m[string(a.Key)] = fmt.Sprint(a.Value.AsInterface())
	}
	return m
}

// histogram is the count and the sum of each time series of a histogram, by the
// values of some of its attributes.
func histogram(t *testing.T, m metricdata.Metrics, keys ...attribute.Key) map[string]string {
	t.Helper()
	h, ok := m.Data.(metricdata.Histogram[float64])
	require.True(t, ok, m.Name)
	found := map[string]string{}
	for _, p := range h.DataPoints {
		var values []string
		for _, k := range keys {
			if v, has := p.Attributes.Value(k); has {
				values = append(values, fmt.Sprint(v.AsInterface()))
			}
		}
		name := strings.Join(values, " ")
		require.NotContains(t, found, name, "two series that the keys do not tell apart")
		found[name] = fmt.Sprintf("%d in %v s", p.Count, p.Sum)
	}
	return found
}
