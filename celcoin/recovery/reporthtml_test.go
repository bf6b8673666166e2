package recovery_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// elements parses a page as XML that may leave meta open, and fails if anything
// else is.
func elements(t *testing.T, page string) []xml.StartElement {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	var all []xml.StartElement
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			assert.Empty(t, open)
			return all
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			all = append(all, token.Copy())
			open = append(open, token.Name.Local)
		case xml.EndElement:
			require.NotEmpty(t, open)
			require.Equal(t, open[len(open)-1], token.Name.Local)
			open = open[:len(open)-1]
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func reportPages(t *testing.T) map[string]string {
	t.Helper()
	one := reportOf(recovery.StateRefused, entityReport(celcoin.EntityKYC, 1, 3, 0))
	one.Totals.Planned = 1<<63 - 1
	pages := map[string]string{}
	for name, r := range map[string]*recovery.Report{
		"drained": drainedReport(), "partial": partialReport(), "cancelled": cancelledReport(), "empty": emptyReport(),
		"many": manyReport(), "one": one, "zero": {},
	} {
		pages[name] = written(t, r, (*recovery.Report).WriteHTML)
	}
	return pages
}

func TestReportHTMLIsWellFormedAndStandsAlone(t *testing.T) {
	t.Parallel()
	for name, page := range reportPages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids := map[string]bool{}
			var referred []string
			for _, e := range elements(t, page) {
				assert.NotContains(t, []string{"script", "link", "img", "image", "iframe", "object", "embed", "base", "a", "use", "form"}, e.Name.Local)
				for _, a := range e.Attr {
					assert.NotContains(t, []string{"href", "src", "style", "srcset", "data", "action"}, a.Name.Local)
					assert.False(t, strings.HasPrefix(a.Name.Local, "on"), a.Name.Local)
				}
				if id := attribute(e, "id"); id != "" {
					assert.False(t, ids[id], "id %s twice", id)
					ids[id] = true
				}
				referred = append(referred, strings.Fields(attribute(e, "aria-labelledby"))...)
			}
			for _, id := range referred {
				assert.True(t, ids[id], "no id %s", id)
			}
			assert.NotContains(t, page, "url(")
			assert.NotContains(t, page, "@import")
			assert.NotContains(t, page, "://")
			assert.NotContains(t, page, "ZgotmplZ") // what html/template puts in place of what it does not trust
			assert.NotContains(t, page, "<no value>")
		})
	}
}

func TestReportHTMLAllowsItsStyleAndNothingElse(t *testing.T) {
	t.Parallel()
	page := written(t, partialReport(), (*recovery.Report).WriteHTML)
	_, rest, found := strings.Cut(page, "<style>")
	require.True(t, found)
	style, _, found := strings.Cut(rest, "</style>")
	require.True(t, found)
	sum := sha256.Sum256([]byte(style))
	policies := slices.DeleteFunc(elements(t, page), func(e xml.StartElement) bool {
		return attribute(e, "http-equiv") != "Content-Security-Policy"
	})
	require.Len(t, policies, 1)
	assert.Equal(t, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; base-uri 'none'; form-action 'none'",
		attribute(policies[0], "content"))
}

// Wherever a vendor's text may stand, it stays text, on one line, cut.
func TestReportHTMLEscapesEveryText(t *testing.T) {
	t.Parallel()
	planted := `"'><script>alert(1)</script><!--` + "\n</title></style></svg>{{.}}" + strings.Repeat("x", 300)
	r := partialReport()
	r.ID, r.State, r.Reason, r.Digest = planted, recovery.State(planted), planted, planted
	r.Entities[0].Entity, r.Entities[1].Entity = celcoin.Entity(planted), celcoin.Entity(planted)
	r.Failures[0] = recovery.Failure{
		Entity: celcoin.Entity(planted), ID: planted, Created: planted, State: planted, Code: planted, RequestID: planted, Error: planted,
	}
	page := written(t, r, (*recovery.Report).WriteHTML)
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, page, "<!--")
	assert.NotContains(t, page, strings.Repeat("x", 200))
	assert.Equal(t, 1, strings.Count(page, "</title></head>")+strings.Count(page, "</style>"))
	plain := elements(t, written(t, partialReport(), (*recovery.Report).WriteHTML))
	assert.Len(t, elements(t, page), len(plain), "the texts added elements")
}

func TestReportHTMLSaysHowMuchCameBack(t *testing.T) {
	t.Parallel()
	pages := reportPages(t)
	for name, want := range map[string]string{
		"drained": "<h1>1,161 of 1,161 recovered</h1>",
		"partial": "<h1>688 of 927 recovered</h1>",
		"empty":   "<h1>Nothing was missed</h1>",
		"zero":    "<h1>Nothing was recovered</h1>",
		"one":     "<h1>0 of 9,223,372,036,854,775,807 recovered</h1>",
	} {
		assert.Contains(t, pages[name], want, name)
	}
	for state, badge := range map[recovery.State]string{
		recovery.StateDrained:   `<strong class="badge drained"><span aria-hidden="true">✓</span> drained</strong>`,
		recovery.StatePartial:   `<strong class="badge partial"><span aria-hidden="true">!</span> partial</strong>`,
		recovery.StateRefused:   `<strong class="badge refused"><span aria-hidden="true">✕</span> refused</strong>`,
		recovery.StateCancelled: `<strong class="badge cancelled"><span aria-hidden="true">‖</span> cancelled</strong>`,
		"moved":                 `<strong class="badge other"><span aria-hidden="true">?</span> moved</strong>`,
	} {
		assert.Contains(t, written(t, reportOf(state), (*recovery.Report).WriteHTML), badge)
	}
}

func TestReportHTMLAddsUp(t *testing.T) {
	t.Parallel()
	r := manyReport()
	page := written(t, r, (*recovery.Report).WriteHTML)
	_, foot, found := strings.Cut(page, "<tfoot>")
	require.True(t, found)
	foot, _, _ = strings.Cut(foot, "</tfoot>")
	var numbers []string
	for cell := range strings.SplitSeq(foot, "<td") {
		if _, rest, ok := strings.Cut(cell, `>`); ok && strings.HasPrefix(cell, " class") {
			number, _, _ := strings.Cut(rest, "<")
			numbers = append(numbers, strings.ReplaceAll(number, ",", ""))
		}
	}
	s := r.Totals
	assert.Equal(t, fmt.Sprint([]int{s.Planned, s.AlreadyDelivered, s.Delivered, s.Unknown, s.Expired, s.Rejected, s.StillPending, s.NewDuringRun}),
		fmt.Sprint(numbers))
	assert.Equal(t, 60, strings.Count(page, `<tr><th scope="row">`)-1)
	assert.Equal(t, 1000, strings.Count(page, `<tr><td class="name">`))
	assert.Less(t, len(page), 2<<20)
}
