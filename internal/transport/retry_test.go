package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// cell is one of the retry table: what becomes of a call whose every attempt
// fails in the same way, with two retries allowed.
type cell struct {
	requests int
	inDoubt  bool
}

// row is what the three classes make of one failure, in the order of classes.
type row [3]cell

var (
	always   = row{{3, false}, {3, false}, {3, false}}
	never    = row{{1, false}, {1, false}, {1, false}}
	troubled = row{{3, false}, {3, true}, {1, true}} // also of lost answers
	unread   = row{{1, false}, {1, true}, {1, true}}
	newCreds = row{{2, false}, {2, false}, {2, false}}
)

func TestWhichFailuresAreRetriedIsAMatterOfTheClass(t *testing.T) {
	t.Parallel()
	for _, failure := range []struct {
		name string
		step step
		want row
	}{
		{"connection refused", fails(&net.OpError{Op: "dial", Err: errRefused}), always},
		{"a proxy that cannot be reached", fails(&net.OpError{Op: "proxyconnect", Err: errRefused}), always},
		{"a name that does not resolve", fails(&net.DNSError{Err: "no such host"}), always},
		{"a certificate that is not trusted", fails(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), always},
		{"an attempt timeout while connecting", hangs(false), always},

		{"429", answers(429, ""), always},
		{"a rate limit inside a 200", means("rate limited"), always},
		{"503 with a hint", answers(503, "", "Retry-After", "1"), always},

		{"500", answers(500, ""), troubled},
		{"503 without a hint", answers(503, ""), troubled},
		{"408", answers(408, ""), troubled},
		{"an internal error inside a 200", means("server error"), troubled},

		{"a connection that is reset", fails(&net.OpError{Op: "read", Err: errReset}), troubled},
		{"an attempt timeout after connecting", hangs(true), troubled},
		{"a body that is cut", failingBody(io.ErrUnexpectedEOF), troubled},
		{"a body that fails in the manner of a dial", failingBody(&net.OpError{Op: "dial", Err: errRefused}), troubled},
		{"an unknown error of the user's transport", fails(errBoom), troubled},
		{"neither a response nor an error", fails(nil), troubled},

		{"400", answers(400, ""), never},
		{"404", answers(404, ""), never},
		{"a refusal inside a 200", means("refused"), never},
		{"a success", answers(200, "{}"), never},
		{"a success that cannot be read", means("malformed"), unread},
		{"credentials that are refused for good", means("reauthorize"), newCreds},
		{"a reason that is amended each time", means("retry now"), always},
	} {
		for i, c := range classes {
			bubble(t, failure.name+", "+c.name, func(t *testing.T) {
				server := play(failure.step)
				s := settings(server)
				s.AttemptTimeout = time.Minute
				out := newClient(s).Do(t.Context(), put(t, somewhere, c.class))

				want := failure.want[i]
				assert.Equal(t, want.requests, server.requests(), "requests")
				assert.Equal(t, want.requests, out.Attempts, "attempts")
				assert.Equal(t, want.inDoubt, out.InDoubt, "in doubt")
				assert.Equal(t, out.Err == nil, out.Response != nil, "either an answer or an error")
			})
		}
	}
}

// TestWhatComesOfSeveralAttempts: a success is one, whatever went before, and
// what is in doubt stays so until then.
func TestWhatComesOfSeveralAttempts(t *testing.T) {
	t.Parallel()
	ok := answers(200, `{"ok":true}`)
	for _, tt := range []struct {
		name     string
		class    transport.Class
		steps    []step
		requests int
		succeeds bool
		inDoubt  bool
	}{
		{"a read after a cut body and a 500", transport.Safe, []step{failingBody(io.ErrUnexpectedEOF), answers(500, ""), ok}, 3, true, false},
		{"a once call after a refused connection and a 429", transport.NonIdempotent, []step{fails(&net.OpError{Op: "dial", Err: errRefused}), answers(429, ""), ok}, 3, true, false},
		{"new credentials do not count as a retry", transport.NonIdempotent, []step{means("reauthorize"), answers(429, ""), answers(429, ""), ok}, 4, true, false},
		{"a once call ends with the first lost answer", transport.NonIdempotent, []step{answers(429, ""), fails(errReset), answers(200, "{}")}, 2, false, true},
		{"a refusal does not speak for the lost attempt before it", transport.Idempotent, []step{fails(errReset), answers(400, "")}, 2, false, true},
		{"nor does a connection that is refused", transport.Idempotent, []step{fails(errReset), fails(&net.OpError{Op: "dial", Err: errRefused})}, 3, false, true},
		{"a read leaves nothing in doubt", transport.Safe, []step{fails(errReset), answers(400, "")}, 2, false, false},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			server := play(tt.steps...)
			out := newClient(settings(server)).Do(t.Context(), put(t, somewhere, tt.class))
			assert.Equal(t, tt.succeeds, out.Err == nil && out.Kind == transport.Succeeded)
			assert.Equal(t, tt.inDoubt, out.InDoubt, "in doubt")
			assert.Equal(t, tt.requests, server.requests(), "requests")
			assert.Equal(t, tt.requests, out.Attempts, "attempts")
		})
	}
}

func TestTheNumberOfRetries(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		policy   int
		call     *int
		step     step
		requests int
	}{
		{"three by default", 0, nil, answers(500, ""), 4},
		{"as the policy says", 5, nil, answers(500, ""), 6},
		{"none below zero", -1, nil, answers(500, ""), 1},
		{"as the call says", 5, new(1), answers(500, ""), 2},
		{"none if the call says zero", 5, new(0), answers(500, ""), 1},
		{"none below zero in the call", 5, new(-1), answers(500, ""), 1},
		{"new credentials also without retries", -1, nil, means("reauthorize"), 2},
		{"an amended call is a retry", -1, nil, means("retry now"), 1},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			server := play(tt.step)
			s := settings(server)
			s.Policy.MaxRetries = tt.policy
			call := get(t, somewhere)
			call.MaxRetries = tt.call
			newClient(s).Do(t.Context(), call)
			assert.Equal(t, tt.requests, server.requests())
		})
	}
}

func TestEachAttemptIsPreparedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(answers(503, ""))
		call := put(t, somewhere, transport.Idempotent)
		turn := byte('0')
		call.codec = codec{authorize: func(_ context.Context, h http.Header) ([]byte, error) {
			turn++
			assert.Empty(t, h.Values("Signature"), "nothing of the attempt before is left")
			h.Add("Signature", "signature "+string(turn))
			h.Add("Accept", "text/"+string(turn)) // must not grow into the shared value
			return []byte("body " + string(turn)), nil
		}}
		newClient(settings(server)).Do(t.Context(), call)
		for i, a := range server.arrivals {
			n := string(rune('1' + i))
			assert.Equal(t, []string{"body " + n, "signature " + n}, []string{a.body, a.header.Get("Signature")})
			assert.Equal(t, []string{"application/json", "text/" + n}, a.header["Accept"])
		}
		assert.Len(t, server.arrivals, 3)
	})
}
