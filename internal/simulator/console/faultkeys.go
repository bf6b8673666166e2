package console

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// FaultKey is one thing that can be said of a fault.
type FaultKey struct {
	Name  string
	Form  string // of the value; empty: it is a switch
	About string

	repeats bool
	set     func(f *simulator.Fault, value string) error
}

// FaultKeys lists what can be said of a fault: all that a simulator can do.
func FaultKeys() []FaultKey {
	return []FaultKey{
		{Name: "match", Form: "TEXT", About: "only requests with that text in their method, path, query or body", set: setMatch},
		{Name: "skip", Form: "2", About: "requests that are left alone first", set: number(func(f *simulator.Fault, n int) { f.Skip = n })},
		{Name: "times", Form: "3", About: "how often it strikes; 1 unless told otherwise, or \"always\"", set: setTimes},
		{Name: "probability", Form: "0.2", About: "strikes by chance (see -seed), always unless times says less", set: setProbability},
		{Name: "processed", About: "the request is carried out, only the answer is lost", set: toggle(func(f *simulator.Fault) { f.Processed = true })},

		{Name: "status", Form: "503", About: "HTTP status, with the vendor's JSON for it", set: number(func(f *simulator.Fault, n int) { f.Status = n })},
		{Name: "code", Form: "CIE999", About: "the vendor's code, in the vendor's JSON", set: text(func(f *simulator.Fault, s string) { f.Code = s })},
		{Name: "message", Form: "TEXT", About: "the vendor's message", set: text(func(f *simulator.Fault, s string) { f.Message = s })},
		{Name: "body", Form: "TEXT", About: "this body; body= is an empty one", set: text(func(f *simulator.Fault, s string) { f.Body = []byte(s) })},
		{Name: "content-type", Form: "text/html", About: "of the answer", set: headerText(func(f *simulator.Fault, s string) { f.ContentType = s })},
		{Name: "header", Form: `"Name: value"`, About: "one more header; may be repeated", repeats: true, set: setHeader},
		{Name: "retry-after", Form: "2", About: "Retry-After, as it is: seconds, a date, nonsense", set: headerText(func(f *simulator.Fault, s string) { f.RetryAfter = s })},
		{Name: "date-skew", Form: "-5m", About: "added to the Date header", set: duration(func(f *simulator.Fault, d time.Duration) { f.DateSkew = d })},
		{Name: "redirect-to", Form: "URL", About: "a redirect, 307 unless status says otherwise", set: headerText(func(f *simulator.Fault, s string) { f.RedirectTo = s })},
		{Name: "revoke-token", About: "every token is worthless from this request on", set: toggle(func(f *simulator.Fault) { f.RevokeToken = true })},

		{Name: "delay-headers", Form: "2s", About: "wait before the status line", set: duration(func(f *simulator.Fault, d time.Duration) { f.DelayHeaders = d })},
		{Name: "delay-body", Form: "100ms", About: "wait between the pieces of the body", set: duration(func(f *simulator.Fault, d time.Duration) { f.DelayBody = d })},
		{Name: "reset", About: "the connection is reset, without an answer", set: toggle(func(f *simulator.Fault) { f.Reset = true })},
		{Name: "cut-body", About: "the connection ends in the middle of the body", set: toggle(func(f *simulator.Fault) { f.CutBody = true })},
		{Name: "content-length", Form: "10", About: "a false Content-Length", set: bytesOf(func(f *simulator.Fault, n int64) { f.ContentLength = n })},
		{Name: "gzip", About: "a compressed body, if the client takes it", set: toggle(func(f *simulator.Fault) { f.Gzip = true })},
		{Name: "bomb", Form: "1000000000", About: "a gzip body that unpacks to so many bytes", set: bytesOf(func(f *simulator.Fault, n int64) { f.Bomb = n })},
		{Name: "size", Form: "1000000", About: "a body of so many bytes", set: bytesOf(func(f *simulator.Fault, n int64) { f.Size = n })},
		{Name: "garbage", Form: `"SSH-2.0\r\n"`, About: "these bytes instead of HTTP", set: text(func(f *simulator.Fault, s string) { f.Garbage = []byte(s) })},
		{Name: "hang", About: "nothing, until the client leaves", set: toggle(func(f *simulator.Fault) { f.Hang = true })},
	}
}

func findKey(name string) (FaultKey, bool) {
	for _, key := range FaultKeys() {
		if key.Name == name {
			return key, true
		}
	}
	return FaultKey{}, false
}

func keyNames() []string {
	keys := FaultKeys()
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.Name
	}
	return names
}

func toggle(set func(*simulator.Fault)) func(*simulator.Fault, string) error {
	return func(f *simulator.Fault, _ string) error {
		set(f)
		return nil
	}
}

func text(set func(*simulator.Fault, string)) func(*simulator.Fault, string) error {
	return func(f *simulator.Fault, value string) error {
		set(f, value)
		return nil
	}
}

// headerText is a text that fits into a header.
func headerText(set func(*simulator.Fault, string)) func(*simulator.Fault, string) error {
	return func(f *simulator.Fault, value string) error {
		if value == "" || !isHeaderValue(value) {
			return fmt.Errorf("%q fits into no header", value)
		}
		set(f, value)
		return nil
	}
}

func number(set func(*simulator.Fault, int)) func(*simulator.Fault, string) error {
	return func(f *simulator.Fault, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is no number from 0", value)
		}
		set(f, n)
		return nil
	}
}

func bytesOf(set func(*simulator.Fault, int64)) func(*simulator.Fault, string) error {
	return func(f *simulator.Fault, value string) error {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of bytes from 1", value)
		}
		set(f, n)
		return nil
	}
}

func duration(set func(*simulator.Fault, time.Duration)) func(*simulator.Fault, string) error {
	return func(f *simulator.Fault, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("%q is no duration as 100ms, 2s or -5m", value)
		}
		set(f, d)
		return nil
	}
}

func setTimes(f *simulator.Fault, value string) error {
	if value == "always" {
		f.Times = -1
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is neither a number from 1 nor always", value)
	}
	f.Times = n
	return nil
}

func setProbability(f *simulator.Fault, value string) error {
	p, err := strconv.ParseFloat(value, 64)
	if err != nil || !(p > 0 && p <= 1) {
		return fmt.Errorf("%q is no probability above 0 and up to 1", value)
	}
	f.Probability = p
	return nil
}

func setHeader(f *simulator.Fault, value string) error {
	name, content, found := strings.Cut(value, ":")
	name, content = strings.TrimSpace(name), strings.TrimSpace(content)
	if !found || !isHeaderName(name) || !isHeaderValue(content) {
		return fmt.Errorf("%q is no header as \"Name: value\"", value)
	}
	if f.Header == nil {
		f.Header = make(http.Header)
	}
	f.Header.Add(name, content)
	return nil
}

func setMatch(f *simulator.Fault, value string) error {
	if value == "" {
		return errors.New("there is no text to look for")
	}
	f.Match = matching(value)
	return nil
}
