package transport_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/cookiejar"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// numbers is a body of so many bytes, which notices its end.
type numbers struct {
	left, at int
	closed   int
}

func (n *numbers) Read(b []byte) (int, error) {
	if n.left == 0 {
		return 0, io.EOF
	}
	size := min(len(b), n.left, 32<<10)
	for i := range size {
		b[i] = byte((n.at + i) % 251)
	}
	n.at, n.left = n.at+size, n.left-size
	return size, nil
}

func (n *numbers) Close() error {
	n.closed++
	return nil
}

// TestBodiesAreReadWholeAndBounded, whatever their length is said to be: a user's
// transport may decompress, and leave the length of what it got.
func TestBodiesAreReadWholeAndBounded(t *testing.T) {
	t.Parallel()
	const mib, endless = 1 << 20, math.MaxInt
	for _, tt := range []struct {
		name      string
		status    int
		size      int
		announced int64
		want      int // 0: nothing is read of it
		tooLarge  bool
	}{
		{"an empty one", 200, 0, 0, 0, false},
		{"with a length", 200, 300_000, 300_000, 300_000, false},
		{"without a length", 200, 300_000, -1, 300_000, false},
		{"with a length of nothing", 200, 300_000, 0, 300_000, false},
		{"with a length that is too short", 200, 300_000, 299_999, 300_000, false},
		{"with a length that is too long", 500, 300_000, 1 << 40, 300_000, false},
		{"with a length that is negative", 200, 300_000, -7, 300_000, false},
		{"with a length beyond what is believed at first", 200, 3 * mib, 3 * mib, 3 * mib, false},
		{"of 16 MiB, the most", 200, 16 * mib, 16 * mib, 16 * mib, false},
		{"of 16 MiB and a byte", 200, 16*mib + 1, -1, 16 * mib, true},
		{"of 16 MiB and a byte, announced", 200, 16*mib + 1, 16*mib + 1, 0, true},
		{"without an end", 200, endless, -1, 16 * mib, true},
		{"of an error, 1 MiB, the most", 500, mib, mib, mib, false},
		{"of an error, 512 MiB announced", 500, 512 * mib, 512 * mib, mib, true},
		{"of a redirect, without an end", 302, endless, -1, mib, true},
		{"of another protocol", 101, endless, -1, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := &numbers{left: tt.size}
			s := hasty(play(func(*http.Request) (*http.Response, error) {
				resp := response(tt.status, nil, tt.announced)
				resp.Body = body
				return resp, nil
			}))
			s.Policy.MaxRetries = -1
			out := newClient(s).Do(t.Context(), get(t, somewhere))
			require.NoError(t, out.Err)
			assert.Equal(t, tt.tooLarge, out.Response.TooLarge)
			assert.LessOrEqual(t, cap(out.Response.Body), tt.want*5/4+2*mib, "not much more was set aside")
			assert.Equal(t, 1, body.closed, "or its connection would be lost")
			require.Len(t, out.Response.Body, tt.want)
			for i, b := range out.Response.Body {
				if b != byte(i%251) {
					require.Fail(t, "not the bytes that were sent")
				}
			}
		})
	}
}

// TestABodyThatEndsInAnErrorIsALostAnswer: only a bare io.EOF is the end of a
// reader, and a user's transport may wrap what it got.
func TestABodyThatEndsInAnErrorIsALostAnswer(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{io.ErrUnexpectedEOF, fmt.Errorf("connection lost: %w", io.EOF)} {
		out := newClient(hasty(play(failingBody(cause)))).Do(t.Context(), put(t, somewhere, transport.NonIdempotent))
		require.ErrorIs(t, out.Err, cause)
		assert.Nil(t, out.Response)
		assert.True(t, out.InDoubt)
	}
}

func TestAResponseOfAUsersTransportMayBeBare(t *testing.T) {
	t.Parallel()
	server := play(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 503}, nil })
	s := hasty(server)
	s.HTTPClient.Jar, _ = cookiejar.New(nil)
	out := newClient(s).Do(t.Context(), get(t, somewhere))
	require.NoError(t, out.Err)
	assert.Empty(t, out.Response.Body)
	assert.NotNil(t, out.Response.Header)
	assert.Equal(t, 3, server.requests())
}

// TestASwitchOfProtocolsIsAnAnswer: what follows it has no end.
func TestASwitchOfProtocolsIsAnAnswer(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack() //nolint:errcheck // HTTP/1.1 can be hijacked
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // the reply is all that matters
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the client leaves
	})
	out := newClient(hasty(wireTransport(t))).Do(t.Context(), put(t, server.URL, transport.NonIdempotent))
	require.NoError(t, out.Err)
	assert.Equal(t, 101, out.Response.Status)
	assert.Equal(t, 1, out.Attempts)
	assert.True(t, out.InDoubt, "the request went along to the other protocol")
}
