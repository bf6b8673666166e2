package ceffu_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// said is all that a server can say of a request.
func said(in sent) string {
	return fmt.Sprintf("%s %s %v %s", in.Method, in.Path, in.Header, in.Body)
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return ""
	}
	return string(b)
}

// echoes are the ways in which a server may say what it has received.
var echoes = map[string]func(w http.ResponseWriter, status int, in sent){
	"in the message": func(w http.ResponseWriter, status int, in sent) {
		write(w, status, `{"code":"G20009","message":`+quoted(said(in))+`}`)
	},
	"in the message, escaped for a URL": func(w http.ResponseWriter, status int, in sent) {
		write(w, status, `{"code":"G20009","message":`+quoted(url.QueryEscape(said(in)))+`}`)
	},
	"in a message that is an object": func(w http.ResponseWriter, status int, in sent) {
		b, _ := json.Marshal(in.Header) //nolint:errchkjson // a header can be marshalled
		write(w, status, `{"code":"G29999","message":{"headers":`+string(b)+`}}`)
	},
	"in a message that is an object of PHP's": func(w http.ResponseWriter, status int, in sent) {
		b, _ := json.Marshal(in.Header) //nolint:errchkjson // a header can be marshalled
		write(w, status, `{"code":"G29999","message":{"headers":`+strings.ReplaceAll(string(b), "/", `\/`)+`}}`)
	},
	"in the code": func(w http.ResponseWriter, status int, in sent) {
		write(w, status, `{"code":`+quoted(in.Header.Get("signature"))+`,"message":"x"}`)
	},
	"the key in the code": func(w http.ResponseWriter, status int, in sent) {
		write(w, status, `{"code":`+quoted(in.Header.Get("open-apikey"))+`,"message":"x"}`)
	},
	"in the request id": func(w http.ResponseWriter, status int, in sent) {
		w.Header().Set("X-Request-Id", in.Header.Get("signature"))
		write(w, status, success)
	},
	"in every header": func(w http.ResponseWriter, status int, in sent) {
		maps.Copy(w.Header(), in.Header)
		for _, name := range []string{"Retry-After", "Date", "Set-Cookie", "Location", "Content-Type", "X-Request-Id", "Server"} {
			w.Header().Set(name, in.Header.Get("signature"))
		}
		w.Header().Del("Content-Length")
		write(w, status, success)
	},
	"in a redirect": func(w http.ResponseWriter, _ int, in sent) {
		w.Header().Set("Location", "https://elsewhere.example/?sig="+url.QueryEscape(in.Header.Get("signature")))
		w.WriteHeader(http.StatusTemporaryRedirect)
	},
	"as plain text": func(w http.ResponseWriter, status int, in sent) { write(w, status, said(in)) },
	"instead of HTTP": func(w http.ResponseWriter, _ int, in sent) {
		raw(w, "%s\r\n\r\n", in.Header.Get("signature"))
	},
	"in the status line": func(w http.ResponseWriter, _ int, in sent) {
		raw(w, "HTTP/1.1 %s\r\n\r\n", in.Header.Get("signature"))
	},
	"in a header without a colon": func(w http.ResponseWriter, _ int, in sent) {
		raw(w, "HTTP/1.1 200 OK\r\nX-Echo %s\r\n\r\n", said(in))
	},
	"in the length": func(w http.ResponseWriter, _ int, in sent) {
		raw(w, "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n", in.Header.Get("signature"))
	},
	"in a chunk": func(w http.ResponseWriter, _ int, in sent) {
		raw(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n", in.Header.Get("signature"))
	},
}

func write(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	fmt.Fprint(w, body) //nolint:errcheck // the client sees what came
}

func raw(w http.ResponseWriter, form, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	fmt.Fprintf(conn, form, text) //nolint:errcheck // the client sees what came
	conn.Close()                  //nolint:errcheck // see above
}

func TestAServerThatEchoesTheRequestBringsNoSecretOut(t *testing.T) {
	t.Parallel()
	for name, echo := range echoes {
		for _, status := range []int{200, 401, 429, 500} {
			t.Run(fmt.Sprintf("%s with %d", name, status), func(t *testing.T) {
				t.Parallel()
				secrets := plantAll(t)
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					in := received(r)
					secrets.add(in.Header.Get("signature"))
					echo(w, status, in)
				}))
				defer server.Close()
				logger, logged := canaryLog()
				c := canaryClient(t, ceffu.WithBaseURL(server.URL+"/base"), ceffu.WithLogger(logger), soon())
				var response ceffu.Response
				result, err := c.ResendWebhooks(t.Context(), testRequest(), ceffu.WithResponse(&response))
				assert.Equal(t, result == nil, err != nil)
				if err != nil {
					secrets.assertSilent(t, err)
				}
				var e *ceffu.Error
				if err != nil && response.StatusCode != 0 {
					require.ErrorAs(t, err, &e)
					secrets.assertSilent(t, *e)
					secrets.assertAbsent(t, e.Code+" "+e.Message+" "+e.RequestID+" "+e.Op, "fields")
				}
				secrets.assertSilent(t, response)
				secrets.assertAbsent(t, response.RequestID, "request id")
				assert.NotEmpty(t, logged())
				secrets.assertAbsent(t, logged(), "log")
			})
		}
	}
}
