package ceffu_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

func TestAnInvalidArgumentNamesItsFieldAndSendsNothing(t *testing.T) {
	t.Parallel()
	year := func(n int) time.Time { return time.Date(n, 6, 1, 0, 0, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		change func(*ceffu.ResendRequest)
		want   string
	}{
		"no webhook":                        {func(r *ceffu.ResendRequest) { r.WebhookID = "" }, "WebhookID is missing"},
		"a webhook with a line break":       {func(r *ceffu.ResendRequest) { r.WebhookID = "17\n" }, "WebhookID holds a control character"},
		"no event type":                     {func(r *ceffu.ResendRequest) { r.EventType = "" }, "EventType is missing"},
		"an event type that is no UTF-8":    {func(r *ceffu.ResendRequest) { r.EventType = "\xc3\x28" }, "EventType is not valid UTF-8"},
		"no time":                           {func(r *ceffu.ResendRequest) { r.From = time.Time{} }, "From is not set"},
		"a time before 1970":                {func(r *ceffu.ResendRequest) { r.From = year(1969) }, "From is not in the years 1970 to 9998"},
		"a time that Unix milliseconds are": {func(r *ceffu.ResendRequest) { r.From = time.Unix(1699256508000, 0) }, "From is not in the years 1970 to 9998"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendor := answering(accepted)
			req := testRequest()
			tt.change(&req)
			var response ceffu.Response
			result, err := over(t, vendor).ResendWebhooks(t.Context(), req, ceffu.WithResponse(&response))
			require.ErrorContains(t, err, tt.want)
			require.ErrorIs(t, err, ceffu.ErrInvalidRequest)
			var e *ceffu.Error
			require.ErrorAs(t, err, &e)
			assert.Nil(t, result)
			assert.Empty(t, vendor.requests())
			assert.Equal(t, ceffu.Response{}, response)
		})
	}
}

func TestEventTypesReadWell(t *testing.T) {
	t.Parallel()
	want := map[ceffu.EventType]string{
		"1": "deposit success", "2": "deposit failed", "3": "withdrawal success", "4": "withdrawal failed",
		"9": "event type 9", "": "event type ", "NEW_KIND": "event type NEW_KIND",
	}
	for event, text := range want {
		assert.Equal(t, text, event.String())
	}
	assert.Equal(t, []ceffu.EventType{"1", "2", "3", "4"}, ceffu.EventTypes())
}
