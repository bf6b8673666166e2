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
	block := bytes.Repeat([]byte("x"), 64<<10)
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

func TestBodiesAreReadWholeAndBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		handler  http.HandlerFunc
		length   int
		tooLarge bool
	}{
		{"an empty one", sized(200, 0), 0, false},
		{"of one byte", sized(200, 1), 1, false},
		{"with a length", sized(200, 300_000), 300_000, false},
		{"without a length", chunked(200, 300_000), 300_000, false},
		{"with a length beyond what is believed at first", sized(200, 3*mib), 3 * mib, false},
		{"of 16 MiB, the most", sized(200, 16*mib), 16 * mib, false},
		{"of 16 MiB without a length", chunked(200, 16*mib), 16 * mib, false},
		{"of 16 MiB and a byte", chunked(200, 16*mib+1), 16 * mib, true},
		{"of 16 MiB and a byte, announced", sized(200, 16*mib+1), 0, true},
		{"of 512 MiB, announced", sized(200, 512*mib), 0, true},
		{"without an end", chunked(200, endless), 16 * mib, true},
		{"of an error", sized(500, 300_000), 300_000, false},
		{"of an error, 1 MiB, the most", sized(500, mib), mib, false},
		{"of an error, 1 MiB and a byte", sized(500, mib+1), mib, true},
		{"of an error, without a length", chunked(400, mib+1), mib, true},
		{"of an error, without an end", chunked(404, endless), mib, true},
		{"of an error, 512 MiB announced", sized(500, 512*mib), mib, true},
		{"of a redirect, without an end", chunked(302, endless), mib, true},
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
			assert.Len(t, out.Response.Body, tt.length)
			assert.LessOrEqual(t, cap(out.Response.Body), tt.length*5/4+2*mib, "not much more was set aside")
			assert.Equal(t, tt.tooLarge, out.Response.TooLarge)
			assert.EqualValues(t, 1, server.requests.Load())
		})
	}
}

func TestTheBytesOfABodyArrive(t *testing.T) {
	t.Parallel()
	want := make([]byte, 2*mib+17)
	for i := range want {
		want[i] = byte(i * 7919 >> 8)
	}
	for name, announced := range map[string]bool{"with a length": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if announced {
					w.Header().Set("Content-Length", strconv.Itoa(len(want)))
				}
				_, _ = w.Write(want)
			})
			out := newClient(hasty(wireTransport(t))).Do(t.Context(), get(t, server.URL))
			require.NoError(t, out.Err)
			assert.True(t, bytes.Equal(want, out.Response.Body))
		})
	}
}

// TestABodyThatIsCutIsALostAnswer: net/http says so only after its Do.
func TestABodyThatIsCutIsALostAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, reply string }{
		{"before its announced length", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"half\":"},
		{"before any of it", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"},
		{"between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"half\":\r\n"},
		{"inside a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n{\"half\":"},
		{"in a chunk's size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"half\":"},
		{"of an error", "HTTP/1.1 400 Bad Request\r\nContent-Length: 20\r\n\r\n{\"half\":"},
		{"in its headers", "HTTP/1.1 200 OK\r\nContent-Le"},
		{"before its headers", ""},
		{"in gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00"},
	} {
		for i, c := range classes {
			t.Run(tt.name+", "+c.name, func(t *testing.T) {
				t.Parallel()
				server := serveRaw(t, tt.reply)
				out := newClient(hasty(wireTransport(t))).Do(t.Context(), put(t, server.URL, c.class))
				require.Error(t, out.Err)
				assert.Nil(t, out.Response)
				assert.EqualValues(t, troubled[i].requests, server.requests.Load(), "requests")
				assert.Equal(t, troubled[i].inDoubt, out.InDoubt, "in doubt")
			})
		}
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
		t.Run(strconv.FormatInt(length, 10), func(t *testing.T) {
			t.Parallel()
			server := play(func(*http.Request) (*http.Response, error) {
				return response(500, strings.NewReader(body), length), nil
			})
			s := hasty(server)
			s.Policy.MaxRetries = -1
			out := newClient(s).Do(t.Context(), get(t, somewhere))
			require.NoError(t, out.Err)
			assert.Equal(t, body, string(out.Response.Body))
		})
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
		{"of an error", 500, 2, strings.NewReader("{}")},
		{"cut", 200, 20, broken{io.ErrUnexpectedEOF}},
		{"too large to be read", 200, 512 * mib, strings.NewReader("")},
		{"too large", 400, -1, strings.NewReader(strings.Repeat("x", 2*mib))},
		{"of another protocol", 101, -1, broken{io.ErrUnexpectedEOF}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := &closing{Reader: tt.body}
			server := play(func(*http.Request) (*http.Response, error) {
				resp := response(tt.status, nil, tt.length)
				resp.Body = body
				return resp, nil
			})
			s := hasty(server)
			s.Policy.MaxRetries = -1
			newClient(s).Do(t.Context(), get(t, somewhere))
			assert.Equal(t, 1, body.closed)
		})
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
