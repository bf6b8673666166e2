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
	for want, change := range map[string]func(*ceffu.ResendRequest){
		"WebhookID is missing":                   func(r *ceffu.ResendRequest) { r.WebhookID = "" },
		"WebhookID holds a control character":    func(r *ceffu.ResendRequest) { r.WebhookID = "17\n" },
		"EventType is missing":                   func(r *ceffu.ResendRequest) { r.EventType = "" },
		"EventType is not valid UTF-8":           func(r *ceffu.ResendRequest) { r.EventType = "\xc3\x28" },
		"From is not set":                        func(r *ceffu.ResendRequest) { r.From = time.Time{} },
		"From is not in the years 1970 to 9998":  func(r *ceffu.ResendRequest) { r.From = time.Unix(-1, 0) },
		"From is not in the years 1970 to 9998:": func(r *ceffu.ResendRequest) { r.From = time.Unix(1699256508000, 0) }, // milliseconds
	} {
		vendor := answering(accepted)
		req := testRequest()
		change(&req)
		var response ceffu.Response
		result, err := over(t, vendor).ResendWebhooks(t.Context(), req, ceffu.WithResponse(&response))
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, ceffu.ErrInvalidRequest)
		var e *ceffu.Error
		require.ErrorAs(t, err, &e)
		assert.Nil(t, result)
		assert.Empty(t, vendor.requests())
		assert.Equal(t, ceffu.Response{}, response)
	}
}

func TestEventTypesReadWell(t *testing.T) {
	t.Parallel()
	for event, text := range map[ceffu.EventType]string{
		"1": "deposit success", "2": "deposit failed", "3": "withdrawal success", "4": "withdrawal failed", "9": "event type 9",
	} {
		assert.Equal(t, text, event.String())
	}
	assert.Equal(t, []ceffu.EventType{"1", "2", "3", "4"}, ceffu.EventTypes())
}
