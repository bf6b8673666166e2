package celcoin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// echoes are servers that give back what they got, in one place or another.
func echoes() map[string]func(got string) reply {
	quoted := func(s string) string {
		data, _ := json.Marshal(s) //nolint:errchkjson // a string can always be marshalled
		return string(data)
	}
	oneLine := func(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }
	return map[string]func(string) reply{
		"in the message": func(s string) reply {
			return says(400, `{"status":"ERROR","error":{"errorCode":"CBE225","message":`+quoted(s)+`}}`)
		},
		"in the message of a 500": func(s string) reply {
			return says(500, `{"status":"ERROR","error":{"errorCode":"CIE999","message":`+quoted(s)+`}}`)
		},
		"in the code": func(s string) reply {
			return says(400, `{"status":"ERROR","error":{"errorCode":`+quoted(s)+`,"message":"x"}}`)
		},
		"in code and message as an object": func(s string) reply {
			return says(400, `{"error":{"errorCode":{"a":`+quoted(s)+`},"message":[`+quoted(s)+`]}}`)
		},
		"as an error of text":          func(s string) reply { return says(401, `{"error":`+quoted(s)+`,"error_description":`+quoted(s)+`}`) },
		"in a legacy error":            func(s string) reply { return says(400, `{"errorCode":`+quoted(s)+`,"errorMessage":`+quoted(s)+`}`) },
		"in the gateway's":             func(s string) reply { return says(404, `{"statusCode":404,"message":`+quoted(s)+`}`) },
		"in the request id":            func(s string) reply { return says(403, "", "X-Request-Id", oneLine(s)) },
		"in the correlation id":        func(s string) reply { return says(200, "", "X-Correlation-Id", oneLine(s)) },
		"in Retry-After and Location":  func(s string) reply { return says(302, "", "Location", oneLine(s), "Retry-After", oneLine(s)) },
		"in plain text":                func(s string) reply { return says(500, s) },
		"in a success":                 func(s string) reply { return says(200, `{"status":"SUCCESS","body":{"entity":`+quoted(s)+`}}`) },
		"in an error of the transport": func(s string) reply { return fails(fmt.Errorf("malformed header: %s", s)) },
		"in an error with the URL": func(s string) reply {
			return fails(&url.Error{Op: "Get", URL: "https://celcoin.example/?" + s, Err: errors.New("unexpected " + s)})
		},
	}
}

// parts are what a server may give back of a request.
var parts = map[string]func(*http.Request) string{
	"the authorization": func(r *http.Request) string { return r.Header.Get("Authorization") },
	"all headers": func(r *http.Request) string {
		var b strings.Builder
		r.Header.Write(&b) //nolint:errcheck // a strings.Builder does not fail
		return b.String()
	},
	"the URL": func(r *http.Request) string { return r.URL.String() },
	"the URL without its escapes": func(r *http.Request) string {
		s, err := url.QueryUnescape(r.URL.RawQuery)
		if err != nil {
			return ""
		}
		return r.URL.Path + "?" + s
	},
	"the body": body,
	"the body without its escapes": func(r *http.Request) string {
		s, err := url.QueryUnescape(body(r))
		if err != nil {
			return ""
		}
		return s
	},
}

func body(r *http.Request) string {
	if r.Body == nil {
		return ""
	}
	data, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(data))
	return string(data)
}

func TestNoSecretComesBackFromAServerThatEchoes(t *testing.T) {
	t.Parallel()
	for part, of := range parts {
		for place, in := range echoes() {
			echo := func(r *http.Request) (*http.Response, error) { return in(of(r))(r) }
			t.Run("a call's answer has "+part+" "+place, func(t *testing.T) {
				t.Parallel()
				provoke(t, &fake{call: []reply{echo}})
			})
			t.Run("a token call's answer has "+part+" "+place, func(t *testing.T) {
				t.Parallel()
				provoke(t, &fake{token: []reply{echo}})
			})
		}
	}
}
