package transport_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

const mib = 1 << 20

// sized writes a body of so many bytes under an honest Content-Length.
func sized(status, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		w.WriteHeader(status)
		writeMany(w, size)
	}
}

// chunked writes a body of so many bytes that nobody announced.
func chunked(status, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_ = http.NewResponseController(w).Flush()
		writeMany(w, size)
	}
}

// writeMany writes until all is written or the client has left.
func writeMany(w io.Writer, size int) {
	block := bytes.Repeat([]byte("0123456789abcdef"), 4<<10)
	for size > 0 {
		n, err := w.Write(block[:min(size, len(block))])
		if err != nil {
			return
		}
		size -= n
	}
}

// compressed writes zeros of that size, packed.
func compressed(t *testing.T, size int) http.HandlerFunc {
	t.Helper()
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	require.NoError(t, err)
	writeMany(z, size)
	require.NoError(t, z.Close())
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			http.Error(w, "gzip only", http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}
}

const endless = math.MaxInt

// sample counts the bytes that are those of writeMany, up to the first other one.
func sample(body []byte) int {
	for i, b := range body {
		if b != "0123456789abcdef"[i%16] {
			return i
		}
	}
	return len(body)
}

func TestBodiesAreReadWholeAndBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		handler  http.HandlerFunc
		length   int
		tooLarge bool
	}{
		{"an empty one", sized(200, 0), 0, false},
		{"with a length", sized(200, 300_000), 300_000, false},
		{"without a length", chunked(200, 300_000), 300_000, false},
		{"with a length beyond what is believed at first", sized(200, 3*mib), 3 * mib, false},
		{"of 16 MiB, the most", sized(200, 16*mib), 16 * mib, false},
		{"of 16 MiB and a byte", chunked(200, 16*mib+1), 16 * mib, true},
		{"of 16 MiB and a byte, announced", sized(200, 16*mib+1), 0, true},
		{"of an error, 1 MiB, the most", sized(500, mib), mib, false},
		{"of an error, 1 MiB and a byte", sized(500, mib+1), mib, true},
		{"of an error, 512 MiB announced", sized(500, 512*mib), mib, true},
		{"none, as with 204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 0, false},
		{"packed", compressed(t, 300_000), 300_000, false},
		{"a gzip bomb of 64 MiB", compressed(t, 64*mib), 16 * mib, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, tt.handler)
			s := hasty(wireTransport(t))
			s.Policy.MaxRetries = -1
			out := newClient(s).Do(t.Context(), get(t, server.URL))
			require.NoError(t, out.Err)
			require.Len(t, out.Response.Body, tt.length)
			assert.Equal(t, sample(out.Response.Body), tt.length, "the bytes that were sent")
			assert.LessOrEqual(t, cap(out.Response.Body), tt.length*5/4+2*mib, "not much more was set aside")
			assert.Equal(t, tt.tooLarge, out.Response.TooLarge)
			assert.EqualValues(t, 1, server.requests.Load())
		})
	}
}

// TestAnErrorThatHoldsAnEOFIsNoEnd: only a bare io.EOF is the end of a reader,
// and a user's transport may wrap what it got.
func TestAnErrorThatHoldsAnEOFIsNoEnd(t *testing.T) {
	t.Parallel()
	server := play(func(*http.Request) (*http.Response, error) {
		return response(200, io.MultiReader(strings.NewReader("{"), broken{fmt.Errorf("connection lost: %w", io.EOF)}), -1), nil
	})
	out := newClient(hasty(server)).Do(t.Context(), put(t, somewhere, transport.NonIdempotent))
	require.ErrorContains(t, out.Err, "connection lost")
	assert.True(t, out.InDoubt)
}

// TestALengthThatIsNotHonest: a user's transport may decompress, and leave the
// length of what it got.
func TestALengthThatIsNotHonest(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", 5000)
	for _, length := range []int64{0, 1, 4999, 5001, 1 << 40, -1, -7} {
		s := hasty(play(func(*http.Request) (*http.Response, error) {
			return response(500, strings.NewReader(body), length), nil
		}))
		s.Policy.MaxRetries = -1
		out := newClient(s).Do(t.Context(), get(t, somewhere))
		require.NoError(t, out.Err)
		assert.Equal(t, body, string(out.Response.Body))
	}
}

func TestAResponseOfAUsersTransportMayBeBare(t *testing.T) {
	t.Parallel()
	server := play(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 503}, nil })
	s := hasty(server)
	s.HTTPClient.Jar = &jar{}
	out := newClient(s).Do(t.Context(), get(t, somewhere))
	require.NoError(t, out.Err)
	assert.Empty(t, out.Response.Body)
	assert.NotNil(t, out.Response.Header)
	assert.Equal(t, 3, server.requests())
}

// TestEveryBodyIsClosed, or its connection would be lost.
func TestEveryBodyIsClosed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		length int64
		body   io.Reader
	}{
		{"read to its end", 200, 2, strings.NewReader("{}")},
		{"cut", 200, 20, broken{io.ErrUnexpectedEOF}},
		{"too large to be read", 200, 512 * mib, strings.NewReader("")},
		{"too large", 400, -1, strings.NewReader(strings.Repeat("x", 2*mib))},
		{"of another protocol", 101, -1, broken{io.ErrUnexpectedEOF}},
	} {
		body := &closing{Reader: tt.body}
		s := hasty(play(func(*http.Request) (*http.Response, error) {
			resp := response(tt.status, nil, tt.length)
			resp.Body = body
			return resp, nil
		}))
		s.Policy.MaxRetries = -1
		newClient(s).Do(t.Context(), get(t, somewhere))
		assert.Equal(t, 1, body.closed, tt.name)
	}
}

// closing is a body that notices its end.
type closing struct {
	io.Reader

	closed int
}

func (c *closing) Close() error {
	c.closed++
	return nil
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
