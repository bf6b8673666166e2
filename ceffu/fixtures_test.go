package ceffu_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// The sets of categories, of which an error has all and no other.
var (
	none         = []error{}
	invalid      = []error{ceffu.ErrInvalidRequest}
	unauthorized = []error{ceffu.ErrUnauthorized}
	forbidden    = []error{ceffu.ErrForbidden}
	notFound     = []error{ceffu.ErrNotFound}
	rateLimited  = []error{ceffu.ErrRateLimited}
	inDoubt      = []error{ceffu.ErrServer, ceffu.ErrOutcomeUnknown}
	badSignature = []error{ceffu.ErrUnauthorized, ceffu.ErrInvalidSignature}
	expired      = []error{ceffu.ErrInvalidRequest, ceffu.ErrTimestampExpired}
	duplicate    = []error{ceffu.ErrInvalidRequest, ceffu.ErrDuplicateRequest}
)

func assertCategories(tb testing.TB, err error, want []error) {
	tb.Helper()
	for _, category := range []error{
		ceffu.ErrInvalidRequest, ceffu.ErrUnauthorized, ceffu.ErrForbidden, ceffu.ErrNotFound, ceffu.ErrRateLimited,
		ceffu.ErrServer, ceffu.ErrOutcomeUnknown, ceffu.ErrDuplicateRequest, ceffu.ErrTimestampExpired, ceffu.ErrInvalidSignature,
	} {
		if slices.Contains(want, category) {
			assert.ErrorIs(tb, err, category)
		} else {
			assert.NotErrorIs(tb, err, category)
		}
	}
}

// reading is what an answer is taken for, and after how many attempts.
type reading struct {
	categories []error
	attempts   int
}

// ofCode are Ceffu's codes, which count before the status.
var ofCode = map[string]reading{
	"G20001": {inDoubt, 4}, "G20002": {invalid, 1}, "G20003": {invalid, 1}, "G20004": {invalid, 1},
	"G20005": {invalid, 1}, "G20006": {invalid, 1}, "G20007": {expired, 2}, "G20008": {unauthorized, 1},
	"G20009": {badSignature, 1}, "G20010": {unauthorized, 1}, "G20011": {forbidden, 1}, "G20012": {rateLimited, 4},
	"G20013": {forbidden, 1}, "G20014": {invalid, 1}, "G20015": {duplicate, 2}, "G20016": {forbidden, 1},
	"G20017": {forbidden, 1}, "G20018": {forbidden, 1}, "G20026": {invalid, 1}, "G20028": {unauthorized, 1},
}

// meaning is what an answer means.
func meaning(status int, code string) reading {
	known, ok := ofCode[code]
	switch {
	case status == http.StatusTooManyRequests:
		return reading{rateLimited, 4} // whatever the code
	case ok:
		return known
	case status <= 299 && code == "":
		return reading{inDoubt, 1} // neither a success nor an error
	case status <= 299:
		return reading{none, 1}
	case status == http.StatusUnauthorized:
		return reading{unauthorized, 1}
	case status == http.StatusForbidden:
		return reading{forbidden, 1}
	case status == http.StatusNotFound:
		return reading{notFound, 1}
	case status == http.StatusRequestTimeout, status >= 500:
		return reading{inDoubt, 4}
	}
	return reading{invalid, 1}
}

// anyStatus are those with which any of Ceffu's codes may come.
var anyStatus = []int{200, 201, 400, 401, 403, 404, 408, 429, 500, 502, 503}

// resendTo makes a call to a Ceffu that always gives the same answer.
func resendTo(tb testing.TB, status int, body string, opts ...ceffu.CallOption) (*ceffu.ResendResult, int, error) {
	tb.Helper()
	vendor := answering(answer{status: status, body: body}.with("X-Request-Id", "req-1"))
	result, err := over(tb, vendor).ResendWebhooks(tb.Context(), testRequest(), opts...)
	return result, len(vendor.requests()), err
}

func TestEveryCodeUnderEveryStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for c := range ofCode {
			for _, status := range anyStatus {
				_, attempts, err := resendTo(t, status, code(status, c).body)
				want := meaning(status, c)
				assertCategories(t, err, want.categories)
				assert.Equal(t, want.attempts, attempts, "%s with %d", c, status)
			}
		}
	})
}

func TestEveryErrorFixtureUnderEveryStatus(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ Code, Message string }{
		"error-extra-fields.json":               {"G20005", "Invalid parameter value"},
		"error-message-object.json":             {"G20005", `{     "en": "Invalid parameter value",     "field": "eventType"   }`},
		"error-unknown-code.json":               {"G29999", "A code that no list has"},
		"error-code-numeric.json":               {"20001", "Internal system error"},
		"error-code-numeric-with-fraction.json": {"1.5e3", "A number that is no code"},
		"error-code-null.json":                  {"", ""},
		"error-code-missing.json":               {"", "Success"},
		"html-403.html":                         {},
		"html-502.html":                         {},
		"plain-text.txt":                        {},
		"empty.txt":                             {},
		"json-null.json":                        {},
		"json-array.json":                       {},
		"truncated.json":                        {},
	}
	plain, err := filepath.Glob(filepath.Join("..", "testdata", "ceffu", "error-g*.json"))
	require.NoError(t, err)
	for _, path := range plain {
		var e struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}
		require.NoError(t, json.Unmarshal([]byte(fixture(t, filepath.Base(path))), &e))
		tests[filepath.Base(path)] = struct{ Code, Message string }{e.Code, e.Message}
	}
	for name, tt := range tests {
		body := fixture(t, name)
		bubble(t, name, func(t *testing.T) {
			for _, status := range anyStatus {
				var response ceffu.Response
				result, attempts, err := resendTo(t, status, body, ceffu.WithResponse(&response))
				want := meaning(status, tt.Code)
				assert.Nil(t, result)
				assertCategories(t, err, want.categories)
				assert.Equal(t, want.attempts, attempts)
				var e *ceffu.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, []any{ceffu.OperationResend, status, tt.Code, tt.Message, "req-1", attempts, body},
					[]any{e.Op, e.StatusCode, e.Code, e.Message, e.RequestID, e.Attempts, string(e.Body)})
				assert.Equal(t, []any{status, attempts, body}, []any{response.StatusCode, response.Attempts, string(response.Body)})
			}
		})
	}
	seen := append(slices.Collect(maps.Keys(tests)), slices.Collect(maps.Keys(successes))...)
	files, err := os.ReadDir(filepath.Join("..", "testdata", "ceffu"))
	require.NoError(t, err)
	for _, f := range files {
		assert.Contains(t, append(seen, "resend-request.json", "resend-curl.txt"), f.Name(), "a fixture without a test")
	}
}

func fixture(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "ceffu", name))
	require.NoError(tb, err)
	return string(b)
}

// successes are the fixtures with the code 000000, and what they say of data.
var successes = map[string]bool{
	"resend-success.json":            true,
	"success-extra-fields.json":      true,
	"success-code-numeric-zero.json": true,
	"success-data-null.json":         false,
	"success-data-false.json":        false,
	"success-data-missing.json":      false,
	"success-data-object.json":       false,
}

func TestEverySuccessFixtureIsASuccessWithA2xxOnly(t *testing.T) {
	t.Parallel()
	for name, accepted := range successes {
		body := fixture(t, name)
		bubble(t, name, func(t *testing.T) {
			for _, status := range anyStatus {
				result, attempts, err := resendTo(t, status, body)
				want := meaning(status, "")
				if status <= 299 {
					want.attempts = 1
					require.NoError(t, err)
					assert.Equal(t, accepted, result.Accepted)
				} else {
					assertCategories(t, err, want.categories)
				}
				assert.Equal(t, want.attempts, attempts)
			}
		})
	}
}
