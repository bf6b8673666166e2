package celcoin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// echoes are servers that give back what they got, in one place or another.
func echoes(got string) map[string]reply {
	data, _ := json.Marshal(got) //nolint:errchkjson // a string can always be marshalled
	quoted, oneLine := string(data), strings.NewReplacer("\r", " ", "\n", " ").Replace(got)
	return map[string]reply{
		"in the message":                   says(400, `{"status":"ERROR","error":{"errorCode":"CBE225","message":`+quoted+`}}`),
		"in the code":                      says(500, `{"status":"ERROR","error":{"errorCode":`+quoted+`,"message":"x"}}`),
		"in code and message as an object": says(400, `{"error":{"errorCode":{"a":`+quoted+`},"message":[`+quoted+`]}}`),
		"as an error of text":              says(401, `{"error":`+quoted+`,"error_description":`+quoted+`}`),
		"in a legacy error":                says(400, `{"errorCode":`+quoted+`,"errorMessage":`+quoted+`}`),
		"in the request id":                says(403, "", "X-Request-Id", oneLine),
		"in the correlation id":            says(200, "", "X-Correlation-Id", oneLine),
		"in Retry-After and Location":      says(302, "", "Location", oneLine, "Retry-After", oneLine),
		"in plain text":                    says(500, got),
		"in a success":                     says(200, `{"status":"SUCCESS","body":{"entity":`+quoted+`}}`),
		"in an error of the transport":     fails(fmt.Errorf("malformed header: %s", got)),
		"in an error with the URL": fails(&url.Error{
			Op: "Get", URL: "https://celcoin.example/?" + got, Err: errors.New("unexpected " + got),
		}),
	}
}

// parts are what a server may give back of a request, and the same without its
// escapes.
var parts = map[string]func(*http.Request) string{
	"the authorization": func(r *http.Request) string { return r.Header.Get("Authorization") },
	"all headers":       func(r *http.Request) string { return fmt.Sprint(r.Header) },
	"the URL":           func(r *http.Request) string { return r.URL.String() + " " + unescaped(r.URL.RawQuery) },
	"the body": func(r *http.Request) string {
		var got record
		kept, _ := got.keep(r)
		return kept.Body + " " + unescaped(kept.Body)
	},
}

func unescaped(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return ""
	}
	return plain
}

func TestNoSecretComesBackFromAServerThatEchoes(t *testing.T) {
	t.Parallel()
	for part, of := range parts {
		for place := range echoes("") {
			echo := func(r *http.Request) (*http.Response, error) { return echoes(of(r))[place](r) }
			t.Run(part+" "+place, func(t *testing.T) {
				t.Parallel()
				provoke(t, &fake{call: []reply{echo}})
				provoke(t, &fake{token: []reply{echo}})
			})
		}
	}
}
