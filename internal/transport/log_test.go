package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// line is a log line as JSON.
type line map[string]any

// logged carries out a call in a bubble with a logger, and gives its lines.
func logged(t *testing.T, ctx context.Context, set func(*transport.Settings), steps ...step) (lines []line, raw string) {
	t.Helper()
	var out bytes.Buffer
	s := settings(play(steps...))
	s.AttemptTimeout = time.Minute
	s.Logger = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if set != nil {
		set(s)
	}
	call := put(t, somewhere, transport.Repeatable)
	call.Exchange = exchange{
		prepare: func(_ context.Context, h http.Header) ([]byte, error) {
			h.Set("Signature", "signature-canary")
			return []byte("body-canary"), nil
		},
		judge: func(a *transport.Answer) transport.Verdict {
			v := exchange{}.Judge(a)
			v.Code, v.RequestID = a.Header.Get("X-Code"), a.Header.Get("X-Request-Id")
			return v
		},
	}
	transport.New(s).Do(ctx, call)
	raw = out.String()
	for d := json.NewDecoder(&out); ; {
		var l line
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			return lines, raw
		}
		require.NoError(t, err)
		lines = append(lines, l)
	}
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	const ms = float64(time.Millisecond)
	call := func(l line) line { // what every line says of the call
		l["operation"], l["method"], l["path"] = "write things", "PUT", "/things/{id}"
		return l
	}
	for _, tt := range []struct {
		name  string
		steps []step
		want  []line
	}{
		{
			"a success",
			[]step{answers(200, "answer-canary", "X-Request-Id", "abc")},
			[]line{{"level": "DEBUG", "msg": "answer", "status": 200., "code": "", "request_id": "abc", "duration": 0., "attempt": 1.}},
		},
		{
			"a rate limit, then a success",
			[]step{answers(429, "answer-canary", "Retry-After", "2", "X-Code", "G1", "X-Request-Id", "abc"), answers(200, "{}")},
			[]line{
				{"level": "WARN", "msg": "answer", "status": 429., "code": "G1", "request_id": "abc", "duration": 0., "attempt": 1.},
				{"level": "INFO", "msg": "retry", "wait": 2000 * ms, "attempt": 1.},
				{"level": "DEBUG", "msg": "answer", "status": 200., "code": "", "request_id": "", "duration": 0., "attempt": 2.},
			},
		},
		{
			"a refusal",
			[]step{answers(400, "answer-canary")},
			[]line{{"level": "WARN", "msg": "answer", "status": 400., "code": "", "request_id": "", "duration": 0., "attempt": 1.}},
		},
		{
			"new credentials",
			[]step{means("reauthorize"), answers(200, "{}")},
			[]line{
				{"level": "WARN", "msg": "answer", "status": 200., "code": "", "request_id": "", "duration": 0., "attempt": 1.},
				{"level": "INFO", "msg": "retry", "wait": 0., "attempt": 1.},
				{"level": "DEBUG", "msg": "answer", "status": 200., "code": "", "request_id": "", "duration": 0., "attempt": 2.},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lines, raw := logged(t, t.Context(), nil, tt.steps...)
				for i := range lines {
					delete(lines[i], "time")
				}
				for i := range tt.want {
					tt.want[i] = call(tt.want[i])
				}
				assert.Equal(t, tt.want, lines)
				assert.NotContains(t, raw, "canary")
			})
		})
	}
}

// allowed are all attributes that may ever be logged, besides slog's own three.
var allowed = []string{
	"time", "level", "msg",
	"operation", "method", "path", "status", "code", "request_id", "attempt", "duration", "wait",
}

func TestOnlyAllowedAttributesAreLogged(t *testing.T) {
	t.Parallel()
	canary := errors.New("error-canary")
	for _, tt := range []struct {
		name string
		set  func(*transport.Settings)
		step step
		msg  string // of the first line
	}{
		{"a lost answer", nil, fails(canary), "no answer"},
		{"a refused connection", nil, fails(&net.OpError{Op: "dial", Err: canary}), "not sent"},
		{"an attempt timeout", nil, hangs(true), "no answer"},
		{"an attempt timeout while connecting", nil, hangs(false), "not sent"},
		{"a redirect", nil, answers(307, "answer-canary", "Location", "https://canary.test/"), "answer"},
		{"headers of all kinds", nil, answers(500, "", "X-Canary", "canary", "Set-Cookie", "canary=1", "Retry-After", "canary"), "answer"},
		{"a cut body", nil, cutBody, "no answer"},
		{"a rate limit that cannot be met", func(s *transport.Settings) {
			assert.NoError(t, s.SetRateLimit(1e-9, 1))
		}, answers(429, "", "Retry-After", "1"), "answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				lines, raw := logged(t, ctx, tt.set, tt.step)
				assert.NotContains(t, raw, "canary")
				if assert.NotEmpty(t, lines) {
					assert.Equal(t, tt.msg, lines[0]["msg"])
				}
				for _, l := range lines {
					for key := range l {
						assert.Contains(t, allowed, key)
					}
				}
			})
		})
	}
}

// TestALevelThatIsOffIsNotLogged: the handler decides.
func TestALevelThatIsOffIsNotLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := settings(play(answers(429, "", "Retry-After", "1"), answers(200, "{}")))
		s.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}))
		transport.New(s).Do(t.Context(), get(t, somewhere))
		assert.Empty(t, out.String())
	})
}

// TestNothingIsLoggedUnasked, neither to stderr nor to slog's default, which a
// nil logger of the retry library would do. It is not parallel, as it replaces
// that default.
func TestNothingIsLoggedUnasked(t *testing.T) { //nolint:paralleltest // see above
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil))) //nolint:forbidigo // it is what is tested
	defer slog.SetDefault(before)                             //nolint:forbidigo // see above
	for _, s := range []step{answers(500, ""), fails(errReset), answers(200, "{}")} {
		transport.New(hasty(play(s))).Do(t.Context(), get(t, somewhere))
	}
	assert.Empty(t, out.String())
}
