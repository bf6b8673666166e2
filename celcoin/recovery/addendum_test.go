package recovery_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestAnAddendumIsInTextsAndPages(t *testing.T) {
	t.Parallel()
	a := recovery.Addendum{
		Steps:   []string{"tool resume -id outage"},
		Vendors: []recovery.VendorSummary{{Name: "Ceffu", Missed: recovery.NotTold, Delivered: 12_345}},
		Tables:  []recovery.Table{{Title: "Calls", Header: []string{"outcome"}, Rows: [][]string{{"<accepted>"}}}},
	}
	report := &recovery.Report{ID: "outage", State: recovery.StatePartial}
	var text, page, alone, plan strings.Builder
	require.NoError(t, report.With(a).WriteText(&text))
	require.NoError(t, report.With(a).WriteHTML(&page))
	require.NoError(t, a.WriteHTML(&alone, nil))
	require.NoError(t, (&recovery.Plan{ID: "outage"}).With(a).WriteText(&plan))
	for _, s := range []string{text.String(), page.String(), alone.String(), plan.String()} {
		assert.Contains(t, s, "tool resume -id outage")
	}
	for _, s := range []string{page.String(), alone.String()} {
		assert.Contains(t, s, "12,345")
		assert.Contains(t, s, "&lt;accepted&gt;")
	}
	text.Reset()
	require.NoError(t, report.WriteText(&text))
	assert.NotContains(t, text.String(), "tool resume")
}
