package console

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// maxShown is how much of a body a list shows; the detail of a request has all.
const maxShown = 64 << 10

// request is a record in JSON, and on a page.
type request struct {
	ID        string      `json:"id"`
	Time      time.Time   `json:"time"`
	Operation string      `json:"operation"`
	Attempt   int         `json:"attempt"`
	Verdict   string      `json:"verdict"`
	Processed bool        `json:"processed"`
	Status    int         `json:"status"`
	Fault     string      `json:"fault"`
	RequestID string      `json:"requestId,omitempty"`
	Method    string      `json:"method"`
	URL       string      `json:"url"`
	Host      string      `json:"host"`
	Proto     string      `json:"proto"`
	Remote    string      `json:"remoteAddr"`
	Header    http.Header `json:"header"`
	content
}

// content is a body: as text if it is text, otherwise in base64.
type content struct {
	Bytes  int    `json:"bodyBytes"`
	Text   string `json:"body,omitempty"`
	Base64 string `json:"bodyBase64,omitempty"`
	Cut    bool   `json:"bodyCut,omitempty"`
}

func newContent(body []byte, limit int) content {
	c := content{Bytes: len(body)}
	if limit > 0 && len(body) > limit {
		c.Cut = true
		body = body[:limit]
		// A character that was cut in two does not make a text something else.
		for cut := 0; cut < utf8.UTFMax-1 && len(body) > 0 && !utf8.RuneStart(body[len(body)-1]); cut++ {
			body = body[:len(body)-1]
		}
		if r, size := utf8.DecodeLastRune(body); r == utf8.RuneError && size == 1 {
			body = body[:len(body)-1]
		}
	}
	if utf8.Valid(body) {
		c.Text = string(body)
	} else {
		c.Base64 = base64.StdEncoding.EncodeToString(body)
	}
	return c
}

// Shown is the body as a page has it.
func (c content) Shown() string {
	switch {
	case c.Bytes == 0:
		return "(empty)"
	case c.Base64 != "":
		return "(base64) " + c.Base64
	case c.Cut:
		return c.Text + fmt.Sprintf("\n… %d bytes in all", c.Bytes)
	default:
		return c.Text
	}
}

func newRequest(r simulator.Record, limit int) request {
	return request{
		ID: recordID(r), Time: r.Time.UTC(), Operation: r.Operation, Attempt: r.Attempt,
		Verdict: r.Verdict, Processed: r.Processed, Status: r.Status, Fault: r.Fault, RequestID: r.RequestID,
		Method: r.Method, URL: r.URL, Host: r.Host, Proto: r.Proto, Remote: r.RemoteAddr,
		Header: r.Header, content: newContent(r.Body, limit),
	}
}

// HeaderText is the header as it would stand on the wire, sorted.
func (r request) HeaderText() string {
	var lines []string
	for name, values := range r.Header {
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// When is the time as a page has it.
func (r request) When() string { return show(r.Time) }

// Outcome is the verdict, or why there is none.
func (r request) Outcome() string {
	if r.Verdict == "" {
		return "a fault came before"
	}
	return r.Verdict
}

// Answer is the status, or that there was none.
func (r request) Answer() string {
	if r.Status == 0 {
		return "none"
	}
	return strconv.Itoa(r.Status)
}

// recordID names a record as long as it is kept, by what never changes of it.
func recordID(r simulator.Record) string {
	sum := fnv.New32a()
	_, _ = fmt.Fprintf(sum, "%s %s %s %d ", r.Method, r.URL, r.RemoteAddr, r.Attempt)
	_, _ = sum.Write(r.Body)
	return strconv.FormatInt(r.Time.UnixNano(), 36) + "-" + strconv.FormatUint(uint64(sum.Sum32()), 36)
}

// delivery is a delivery in JSON, and on a page.
type delivery struct {
	Time      time.Time `json:"time"`
	WebhookID string    `json:"webhookId"`
	Event     string    `json:"event"`
	Attempt   int       `json:"attempt"`
	Status    int       `json:"status"`
	Error     string    `json:"error,omitempty"`
	URL       string    `json:"url"`
	Body      content   `json:"sent"`
	Response  content   `json:"answered"`
}

func newDelivery(d simulator.Delivery) delivery {
	return delivery{
		Time: d.Time.UTC(), WebhookID: d.WebhookID, Event: d.Event, Attempt: d.Attempt,
		Status: d.Status, Error: d.Err, URL: d.URL,
		Body: newContent(d.Body, maxShown), Response: newContent(d.Response, maxShown),
	}
}

// When is the time as a page has it.
func (d delivery) When() string { return show(d.Time) }

// Answer is what the receiver answered, or why it did not.
func (d delivery) Answer() string {
	if d.Status == 0 {
		return d.Error
	}
	return strconv.Itoa(d.Status)
}
