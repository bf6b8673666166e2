package recovery_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// element is an element of a page with the text directly in it.
type element struct {
	xml.StartElement
	Text string
}

func (e element) attribute(name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// elements parses a page as XML that may leave meta open, and fails if anything
// else is.
func elements(t *testing.T, page string) []*element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	var all, open []*element
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			assert.Empty(t, open)
			return all
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{StartElement: token.Copy()}
			all, open = append(all, e), append(open, e)
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].Text += string(token)
			}
		case xml.EndElement:
			require.NotEmpty(t, open)
			require.Equal(t, open[len(open)-1].Name.Local, token.Name.Local)
			open = open[:len(open)-1]
		}
	}
}

// pages are those of all kinds of reports, and of a run without Celcoin.
func pages(t *testing.T) map[string]string {
	t.Helper()
	var many []recovery.EntityReport
	for range 60 {
		many = append(many, entity("entity", 3, 10, 50))
	}
	return map[string]string{
		"drained": written(t, "html", allDelivered()), "partial": written(t, "html", partial().With(ceffu())),
		"cancelled": written(t, "html", cancelled()), "many": written(t, "html", report(recovery.StatePartial, many...)),
		"zero": written(t, "html", &recovery.Report{}), "hostile": written(t, "html", planted(hostile)),
		"without Celcoin": alone(t, ceffu()), "nothing at all": alone(t, recovery.Addendum{}),
	}
}

// alone is the page of a run without Celcoin.
func alone(t *testing.T, a recovery.Addendum) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, a.WriteHTML(&b, nil))
	return b.String()
}

func TestPagesAreWellFormedAndStandAlone(t *testing.T) {
	t.Parallel()
	for name, page := range pages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var policies, styles, loading []string
			unlabelled := 0
			for _, e := range elements(t, page) {
				if slices.Contains([]string{"script", "link", "img", "image", "iframe", "object", "embed", "base", "a", "use", "form"}, e.Name.Local) {
					loading = append(loading, e.Name.Local)
				}
				for _, a := range e.Attr {
					name := a.Name.Local
					if strings.HasPrefix(name, "on") || slices.Contains([]string{"href", "src", "style", "srcset", "data", "action"}, name) {
						loading = append(loading, e.Name.Local+" "+name)
					}
				}
				// The table beside a timeline is hidden, and has bare texts.
				if e.Name.Local == "td" && e.Text == "" && e.attribute("data-label") == "" && !slices.Contains(strings.Fields(e.attribute("class")), "title") {
					unlabelled++
				}
				if e.attribute("http-equiv") == "Content-Security-Policy" {
					policies = append(policies, e.attribute("content"))
				}
				if e.Name.Local == "style" {
					styles = append(styles, e.Text)
				}
			}
			assert.Empty(t, loading)
			// On a narrow screen a row is a card, and every cell below its title says
			// what it is.
			assert.Zero(t, unlabelled)
			require.Len(t, styles, 1)
			sum := sha256.Sum256([]byte(styles[0]))
			assert.Equal(t, []string{
				"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
			}, policies)
			assert.NotContains(t, styles[0], "url(")
			assert.NotContains(t, styles[0], "@import")
			assert.NotContains(t, page, "ZgotmplZ", "what html/template puts in place of what it does not trust")
			assert.NotContains(t, page, "<no value>")
		})
	}
}

// Wherever another's text may stand, it stays text, on one line, cut.
func TestPagesEscapeEveryText(t *testing.T) {
	t.Parallel()
	text := `"'><script>alert(1)</script><!--` + "\n</title></style></svg>{{.}}" + strings.Repeat("x", 1<<20)
	options := func(text string) recovery.Addendum {
		return recovery.Addendum{
			Steps: []string{text}, Vendors: []recovery.VendorSummary{{Name: text}},
			Tables: []recovery.Table{{Title: text, Note: text, Header: []string{text, text}, Rows: [][]string{{text, text, text}}}},
		}
	}
	page, plain := written(t, "html", planted(text).With(options(text))), written(t, "html", planted("plain").With(options("plain")))
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, page, "<!--")
	assert.Less(t, len(page), 60_000)
	assert.Len(t, elements(t, page), len(elements(t, plain)), "the texts added elements")
}

func TestAPageSaysTheStateBesideItsColour(t *testing.T) {
	t.Parallel()
	for state, badge := range map[recovery.State]string{
		recovery.StateDrained:   `<strong class="badge drained"><span aria-hidden="true">✓</span> drained</strong>`,
		recovery.StatePartial:   `<strong class="badge partial"><span aria-hidden="true">!</span> partial</strong>`,
		recovery.StateRefused:   `<strong class="badge refused"><span aria-hidden="true">✕</span> refused</strong>`,
		recovery.StateCancelled: `<strong class="badge cancelled"><span aria-hidden="true">‖</span> cancelled</strong>`,
		recovery.StateRunning:   `<strong class="badge running"><span aria-hidden="true">…</span> running</strong>`,
		"moved":                 `<strong class="badge "><span aria-hidden="true">?</span> moved</strong>`,
	} {
		assert.Contains(t, written(t, "html", report(state)), badge)
	}
}

// rows are the texts of the table below a heading, a line a row.
func rows(t *testing.T, page, heading string) []string {
	t.Helper()
	_, rest, found := strings.Cut(page, ">"+heading+"</h2>")
	require.True(t, found, heading)
	table, _, found := strings.Cut(rest, "</table>")
	require.True(t, found)
	var all []string
	for _, e := range elements(t, table+"</table>") {
		switch {
		case e.Name.Local == "tr":
			all = append(all, "")
		case e.Text != "" && strings.TrimSpace(e.Text) != "" && len(all) > 0:
			all[len(all)-1] = strings.TrimPrefix(all[len(all)-1]+" | "+e.Text, " | ")
		}
	}
	return all
}

func TestAPageHasBothVendors(t *testing.T) {
	t.Parallel()
	r := partial()
	r.Failures = nil
	page := written(t, "html", r.With(ceffu()))
	assert.Equal(t, []string{
		"vendor | missed | replayed | delivered | unknown | expired | pending | failed",
		"Celcoin | 26,306 | 22,200 | 20,900 | 6 | 40 | 4,182 | 1,178",
		"Ceffu | ? | 8 | ? | ? | ? | 1 | 1",
	}, rows(t, page, "By vendor"))
	assert.Equal(t, []string{
		"event type | webhook | calls | result", "deposit success | 123456789012345678 | 1 | accepted",
		"withdrawal failed | 123456789012345678 | 3 | 400 G20004: the webhook does not exist",
	}, rows(t, page, "Ceffu"))
	assert.NotContains(t, written(t, "html", r), "By vendor")
	assert.Len(t, rows(t, alone(t, ceffu()), "By vendor"), 2)
}

func TestAPageAddsUp(t *testing.T) {
	t.Parallel()
	page := written(t, "html", partial())
	assert.Equal(t, []string{
		"entity | planned | replayed | delivered | unknown | expired | pending | failed",
		"pix-payment-in | 26,041 | 22,124 | 20,824 | 6 | 40 | 3,993 | 1,178",
		`a<b>&"odd" | 263 | 74 | 74 | 0 | 0 | 189 | 0`,
		"pix-automatic-payment-instruction-expired | 2 | 2 | 2 | 0 | 0 | 0 | 0",
		"all | 26,306 | 22,200 | 20,900 | 6 | 40 | 4,182 | 1,178",
	}, rows(t, page, "By entity"))
	failures := rows(t, page, "Not delivered: 1,224")
	assert.Len(t, failures, 1001)
	assert.Equal(t, "pix-payment-in | 5d0b1f3a-0000-4c1e-9d2f-000000000000 | CONFIRMED | failed | 3 attempts | the receiver answered 503"+
		" | replayed with request 8c1f2a9e-6d5b-4f7e-8a3c-2b1d0e9f7a6b | 2026-11-21 22:10:00", failures[1])
	assert.Less(t, len(page), 2<<20)
}

// What was set aside is named with its stretch, its number and the reason.
func TestWhatWasSetAsideIsNamed(t *testing.T) {
	t.Parallel()
	r := report(recovery.StatePartial)
	r.SetAside = partial().SetAside
	assert.Equal(t, []string{
		"entity | when | reason", "onboarding-proposal | the whole outage | Celcoin did not answer within 3m0s | Celcoin answered 504",
		"pix-payment-out | 2026-11-21 19:10:00 to 20:10:00 | refused for its age | 1,312 counted by Celcoin and not listed | Celcoin answered 400 CIE001",
	}, rows(t, written(t, "html", r), "Set aside"))
	assert.Contains(t, written(t, "text", r), "\n  pix-payment-out, 2026-11-21 19:10:00 to 20:10:00\n      refused for its age\n      1,312 counted")
	r.SetAside = append(r.SetAside, recovery.SetAside{Entity: celcoin.EntityKYC})
	assert.Contains(t, written(t, "csv", r), "kyc,,,set aside,")
}
