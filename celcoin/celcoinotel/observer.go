package celcoinotel

import (
	"cmp"
	"context"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/reenvio/reenvio-go/celcoin"
)

const (
	keyVendor    = attribute.Key("reenvio.vendor")
	keyOperation = attribute.Key("reenvio.operation")
	keyAttempts  = attribute.Key("reenvio.attempts")
	keyOutcome   = attribute.Key("reenvio.outcome")
	keyCode      = attribute.Key("reenvio.code")
	keyWait      = attribute.Key("reenvio.wait")
)

// Observer makes the spans and records the metrics of the package comment. It
// belongs to [celcoin.WithObserver]. It is safe for concurrent use, and may serve
// several clients.
type Observer struct {
	vendor              string
	tracer              trace.Tracer
	request, call, wait metric.Float64Histogram // seconds
	retries             metric.Int64Counter
	watch               *watch
}

var _ celcoin.Observer = (*Observer)(nil)

// spanKey is where the contexts of an Observer have the span of a call or of an
// attempt. The current span of a context may be another observer's.
type spanKey struct {
	of      *Observer
	attempt bool
}

func (o *Observer) start(ctx context.Context, attempt bool, name string, kind trace.SpanKind, attrs []attribute.KeyValue) context.Context {
	ctx, span := o.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
	return context.WithValue(ctx, spanKey{o, attempt}, span)
}

func (o *Observer) end(ctx context.Context, attempt bool, outcome string, attrs []attribute.KeyValue) {
	span, ok := ctx.Value(spanKey{o, attempt}).(trace.Span)
	if !ok {
		return
	}
	span.SetAttributes(attrs...)
	if outcome != celcoin.OutcomeOK {
		span.SetStatus(codes.Error, "") // a text could only repeat the attributes, or say too much
	}
	span.End()
}

// CallStart starts the span of a call.
func (o *Observer) CallStart(ctx context.Context, c celcoin.Call) context.Context {
	return o.start(ctx, false, o.vendor+" "+c.Operation, trace.SpanKindInternal, o.operation(c.Operation))
}

// CallDone ends the span of a call, and records its duration.
func (o *Observer) CallDone(ctx context.Context, c celcoin.Call) {
	result := []attribute.KeyValue{keyOutcome.String(c.Outcome)}
	if c.Outcome != celcoin.OutcomeOK {
		result = append(result, semconv.ErrorTypeKey.String(cmp.Or(c.Category, c.Outcome)))
	}
	o.call.Record(ctx, c.Duration.Seconds(), metric.WithAttributes(append(o.operation(c.Operation), result...)...))
	o.end(ctx, false, c.Outcome, append(result, keyAttempts.Int(c.Attempts)))
}

// AttemptStart starts the span of an attempt, and counts a retry.
func (o *Observer) AttemptStart(ctx context.Context, a celcoin.Attempt) context.Context {
	operation := o.operation(a.Operation)
	attrs := append(request(&a), operation...)
	if a.Number > 1 {
		attrs = append(attrs, semconv.HTTPRequestResendCount(a.Number-1))
		o.retries.Add(ctx, 1, metric.WithAttributes(operation...))
	}
	return o.start(ctx, true, a.Method+" "+a.PathTemplate, trace.SpanKindClient, attrs)
}

// AttemptDone ends the span of an attempt, and records its duration and the wait
// that follows.
func (o *Observer) AttemptDone(ctx context.Context, a celcoin.Attempt) {
	result := response(&a)
	o.request.Record(ctx, a.Duration.Seconds(), metric.WithAttributes(append(request(&a), result...)...))
	result = append(result, keyOutcome.String(a.Outcome))
	if code.MatchString(a.Code) && !digits.MatchString(a.Code) {
		result = append(result, keyCode.String(a.Code))
	}
	if a.Wait > 0 {
		result = append(result, keyWait.Float64(a.Wait.Seconds()))
		o.wait.Record(ctx, a.Wait.Seconds(), metric.WithAttributes(o.operation(a.Operation)...))
	}
	o.end(ctx, true, a.Outcome, result)
}

func (o *Observer) operation(name string) []attribute.KeyValue {
	return []attribute.KeyValue{keyVendor.String(o.vendor), keyOperation.String(name)}
}

// A code comes from the vendor's text, in which an id may stand instead: of
// those a UUID, a Pix id, a document and an account have more digits.
var (
	code   = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)
	digits = regexp.MustCompile(`(\d.*){6}`)
)

// request is what is known of an attempt before it is sent.
func request(a *celcoin.Attempt) []attribute.KeyValue {
	host := url.URL{Host: a.Host}
	name := host.Hostname()
	attrs := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(a.Method),
		semconv.URLTemplate(a.PathTemplate),
		semconv.ServerAddress(name),
	}
	ip, err := netip.ParseAddr(name)
	loopback := strings.EqualFold(name, "localhost") || err == nil && ip.IsLoopback()
	if port, err := strconv.Atoi(host.Port()); err == nil {
		attrs = append(attrs, semconv.ServerPort(port))
	} else if !loopback {
		attrs = append(attrs, semconv.ServerPort(443)) // a base URL is https, unless it is on loopback
	}
	return attrs
}

// response is what became of an attempt, in the terms of the conventions.
func response(a *celcoin.Attempt) []attribute.KeyValue {
	var attrs []attribute.KeyValue
	kind := a.Outcome
	if a.StatusCode > 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(a.StatusCode))
	}
	if a.StatusCode >= 400 {
		kind = strconv.Itoa(a.StatusCode)
	}
	if a.Outcome != celcoin.OutcomeOK {
		attrs = append(attrs, semconv.ErrorTypeKey.String(kind))
	}
	return attrs
}
