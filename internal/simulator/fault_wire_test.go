package simulator_test

import (
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

func TestWhatAFaultAnswersInstead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		fault       simulator.Fault
		status      int
		body        string
		contentType string
		header      http.Header
	}{
		{"a status has the vendor's JSON", simulator.Fault{Status: 503}, 503, `{"code":"","message":"","status":503}`, "application/json", nil},
		{"a code without a status is a 400", simulator.Fault{Code: "E7"}, 400, `{"code":"E7","message":"","status":400}`, "application/json", nil},
		{"code, message and status stand together", simulator.Fault{Status: 200, Code: "E7", Message: "no"}, 200, `{"code":"E7","message":"no","status":200}`, "application/json", nil},
		{"an empty body stays empty", simulator.Fault{Status: 500, Body: []byte{}}, 500, "", "", nil},
		{"HTML is served as HTML", simulator.Fault{Status: 502, Body: []byte("<html>bad gateway")}, 502, "<html>bad gateway", "text/html; charset=utf-8", nil},
		{"JSON is served as JSON", simulator.Fault{Body: []byte("[1]")}, 200, "[1]", "application/json", nil},
		{"a content type is taken as it is", simulator.Fault{Body: []byte("[1]"), ContentType: "text/x"}, 200, "[1]", "text/x", nil},
		{"Retry-After is sent as it is", simulator.Fault{Status: 429, Body: []byte("{}"), RetryAfter: "soon"}, 429, "{}", "application/json", http.Header{"Retry-After": {"soon"}}},
		{"a redirect is a 307", simulator.Fault{RedirectTo: "http://elsewhere.invalid/"}, 307, "", "", http.Header{"Location": {"http://elsewhere.invalid/"}}},
		{"a redirect can have another status", simulator.Fault{RedirectTo: "/x", Status: 302}, 302, "", "", http.Header{"Location": {"/x"}}},
		{"headers are added to the true answer", simulator.Fault{Header: http.Header{"x-more": {"a", "b"}}}, 200, trueAnswer, "application/json", http.Header{"X-More": {"a", "b"}}},
		{"a 204 has no body", simulator.Fault{Status: 204}, 204, "", "", nil},
		{"bytes can be made", simulator.Fault{Size: 5}, 200, "11111", "application/json", nil},
		{"a status out of the ordinary passes", simulator.Fault{Status: 599, Body: []byte("{}")}, 599, "{}", "application/json", nil},
	}
	for _, way := range ways() {
		for _, test := range tests {
			t.Run(way.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				core, _ := way.open(t)
				require.NoError(t, core.Inject(test.fault))

				response, err := buy(t, way.client(t, core), core)
				require.NoError(t, err)
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				require.NoError(t, err)

				assert.Equal(t, test.status, response.StatusCode)
				assert.Equal(t, test.body, string(body))
				assert.Equal(t, test.contentType, response.Header.Get("Content-Type"))
				for name, values := range test.header {
					assert.Equal(t, values, response.Header[name])
				}
				assert.Len(t, response.Header.Get("X-Request-Id"), 32)
				record := core.Requests()[0]
				assert.Equal(t, test.status, record.Status)
				assert.Equal(t, response.Header.Get("X-Request-Id"), record.RequestID)
			})
		}
	}
}

func TestFaultsThatLeaveNoAnswer(t *testing.T) {
	t.Parallel()
	isReset := func(t *testing.T, err error) { t.Helper(); assert.ErrorIs(t, err, syscall.ECONNRESET) }
	streamReset := func(t *testing.T, err error) { t.Helper(); assert.ErrorContains(t, err, "stream error") }
	malformed := func(t *testing.T, err error) { t.Helper(); assert.ErrorContains(t, err, "malformed HTTP") }
	tests := []struct {
		name  string
		fault simulator.Fault
		on1   func(*testing.T, error)
		on2   func(*testing.T, error)
	}{
		{"a reset", simulator.Fault{Reset: true}, isReset, streamReset},
		{"a reset after processing", simulator.Fault{Reset: true, Processed: true}, isReset, streamReset},
		{"garbage", simulator.Fault{Garbage: []byte("\x00\x01SSH-2.0\r\n\r\n")}, malformed, streamReset},
		{"garbage after processing", simulator.Fault{Garbage: []byte("220 smtp\r\n"), Processed: true}, malformed, streamReset},
	}
	for _, way := range ways() {
		for _, test := range tests {
			t.Run(way.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				core, shop := way.open(t)
				require.NoError(t, core.Inject(test.fault))
				client := way.client(t, core)

				_, _, err := bought(t, client, core)
				require.Error(t, err)
				if way.proto == 1 {
					test.on1(t, err)
				} else {
					test.on2(t, err)
				}
				record := core.Requests()[0]
				assert.Zero(t, record.Status)
				assert.Equal(t, test.fault.Processed, record.Processed)
				assert.Equal(t, test.fault.Processed, shop.sold.Load() == 1)
				assert.Equal(t, test.fault.String(), record.Fault)

				status, body, err := bought(t, client, core)
				require.NoError(t, err, "the next request is served again")
				assert.Equal(t, http.StatusOK, status)
				assert.Equal(t, trueAnswer, body)
			})
		}
	}
}

func TestBodiesThatBreak(t *testing.T) {
	t.Parallel()
	half := trueAnswer[:len(trueAnswer)/2]
	tests := []struct {
		name  string
		fault simulator.Fault
		read  string
		whole bool // on HTTP/1.1; HTTP/2 does not let it pass
	}{
		{"a cut body breaks off in the middle", simulator.Fault{CutBody: true}, half, false},
		{"an error's body can be cut", simulator.Fault{Status: 500, Body: []byte("abcdef"), CutBody: true}, "abc", false},
		{"an empty body can be cut", simulator.Fault{Body: []byte{}, CutBody: true}, "", false},
		{"a slow body can be cut", simulator.Fault{CutBody: true, DelayBody: time.Millisecond}, half, false},
		{"a length too long breaks off at the end", simulator.Fault{ContentLength: 1000}, trueAnswer, false},
		{"a length too short hides the rest", simulator.Fault{ContentLength: 10}, trueAnswer[:10], true},
	}
	for _, way := range ways() {
		for _, test := range tests {
			t.Run(way.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				core, _ := way.open(t)
				require.NoError(t, core.Inject(test.fault))
				client := way.client(t, core)

				_, body, err := bought(t, client, core, "Accept-Encoding", "identity")
				switch {
				case way.proto == 2:
					require.Error(t, err)
				case test.whole:
					require.NoError(t, err)
					assert.Equal(t, test.read, body)
				default:
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
					assert.Equal(t, test.read, body)
				}
				_, body, err = bought(t, client, core)
				require.NoError(t, err, "the damage stays with one request")
				assert.Equal(t, trueAnswer, body)
			})
		}
	}
}

func TestAConnectionWithWrongFramingIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	for _, way := range ways()[:2] {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			require.NoError(t, core.Inject(simulator.Fault{ContentLength: 10}))
			client := way.client(t, core)
			response, err := buy(t, client, core)
			require.NoError(t, err)
			assert.True(t, response.Close)
			require.NoError(t, response.Body.Close())
			statuses(t, client, core, 1)
			assert.Equal(t, 2, core.Connections())
		})
	}
}
