package ceffu_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
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

// anyStatus are those with which any of Ceffu's codes may come.
var anyStatus = []int{200, 201, 400, 401, 403, 404, 408, 429, 500, 502, 503}

// byStatus is what an answer means that has no code which says more.
func byStatus(status int, of2xx reading) reading {
	switch {
	case status <= 299:
		return of2xx
	case status == http.StatusUnauthorized:
		return reading{unauthorized, 1}
	case status == http.StatusForbidden:
		return reading{forbidden, 1}
	case status == http.StatusNotFound:
		return reading{notFound, 1}
	case status == http.StatusTooManyRequests:
		return reading{rateLimited, 4}
	case status == http.StatusRequestTimeout, status >= 500:
		return reading{inDoubt, 4}
	}
	return reading{invalid, 1}
}

func TestEveryErrorFixtureUnderEveryStatus(t *testing.T) {
	t.Parallel()
	always := func(categories []error, attempts int) func(int) reading {
		return func(status int) reading {
			if status == http.StatusTooManyRequests {
				return reading{rateLimited, 4} // whatever the code
			}
			return reading{categories, attempts}
		}
	}
	unreadable := func(status int) reading { return byStatus(status, reading{inDoubt, 1}) }
	unknownCode := func(status int) reading { return byStatus(status, reading{none, 1}) }
	tests := map[string]struct {
		code, message string
		reading       func(status int) reading
	}{
		"error-g20001-internal-error.json":           {"G20001", "Internal system error", always(inDoubt, 4)},
		"error-g20002-bad-request.json":              {"G20002", "Bad request", always(invalid, 1)},
		"error-g20005-invalid-parameter.json":        {"G20005", "Invalid parameter value", always(invalid, 1)},
		"error-g20006-timestamp-empty.json":          {"G20006", "Timestamp is empty", always(invalid, 1)},
		"error-g20007-timestamp-expired.json":        {"G20007", "Request timestamp expired", always(expired, 2)},
		"error-g20008-missing-key-or-signature.json": {"G20008", "Missing API Key or Signature", always(unauthorized, 1)},
		"error-g20009-invalid-signature.json":        {"G20009", "Invalid Sign", always(badSignature, 1)},
		"error-g20010-invalid-api-key.json":          {"G20010", "Invalid API Key", always(unauthorized, 1)},
		"error-g20011-invalid-ip.json":               {"G20011", "Invalid IP address", always(forbidden, 1)},
		"error-g20012-rate-limit.json":               {"G20012", "Rate limit exceeded", always(rateLimited, 4)},
		"error-g20012-rate-limit-without-data.json":  {"G20012", "Rate limit exceeded", always(rateLimited, 4)},
		"error-g20013-no-wallet-permission.json":     {"G20013", "No wallet permission", always(forbidden, 1)},
		"error-g20014-invalid-request-id.json":       {"G20014", "Invalid request ID format", always(invalid, 1)},
		"error-g20015-duplicated-request.json":       {"G20015", "Duplicated request", always(duplicate, 2)},
		"error-g20016-no-permission.json":            {"G20016", "No permission access this endpoint", always(forbidden, 1)},
		"error-extra-fields.json":                    {"G20005", "Invalid parameter value", always(invalid, 1)},
		"error-message-object.json":                  {"G20005", `{     "en": "Invalid parameter value",     "field": "eventType"   }`, always(invalid, 1)},
		"error-unknown-code.json":                    {"G29999", "A code that no list has", unknownCode},
		"error-code-numeric.json":                    {"20001", "Internal system error", unknownCode},
		"error-code-numeric-with-fraction.json":      {"1.5e3", "A number that is no code", unknownCode},
		"error-code-null.json":                       {"", "", unreadable},
		"error-code-missing.json":                    {"", "Success", unreadable},
		"html-403.html":                              {"", "", unreadable},
		"html-502.html":                              {"", "", unreadable},
		"plain-text.txt":                             {"", "", unreadable},
		"empty.txt":                                  {"", "", unreadable},
		"json-null.json":                             {"", "", unreadable},
		"json-array.json":                            {"", "", unreadable},
		"truncated.json":                             {"", "", unreadable},
	}
	for name, tt := range tests {
		body := fixture(t, name)
		for _, status := range anyStatus {
			t.Run(fmt.Sprintf("%s with %d", name, status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var response ceffu.Response
					result, attempts, err := resendTo(t, status, body, ceffu.WithResponse(&response))
					assert.Nil(t, result)
					want := tt.reading(status)
					assertCategories(t, err, want.categories)
					assert.Equal(t, want.attempts, attempts)
					var e *ceffu.Error
					require.ErrorAs(t, err, &e)
					assert.Equal(t, "resend webhooks", e.Op)
					assert.Equal(t, status, e.StatusCode)
					assert.Equal(t, tt.code, e.Code)
					assert.Equal(t, tt.message, e.Message)
					assert.Equal(t, "req-1", e.RequestID)
					assert.Equal(t, want.attempts, e.Attempts)
					assert.Equal(t, body, string(e.Body))
					assert.Equal(t, status, response.StatusCode)
					assert.Equal(t, want.attempts, response.Attempts)
				})
			})
		}
	}
	seen := append(slices.Collect(maps.Keys(tests)), slices.Collect(maps.Keys(successes))...)
	requireAllFixtures(t, append(seen, "resend-request.json", "resend-curl.txt"))
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
		for _, status := range anyStatus {
			t.Run(fmt.Sprintf("%s with %d", name, status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					result, attempts, err := resendTo(t, status, body)
					if status <= 299 {
						require.NoError(t, err)
						assert.Equal(t, accepted, result.Accepted)
						assert.Equal(t, 1, attempts)
						return
					}
					want := byStatus(status, reading{})
					assertCategories(t, err, want.categories)
					assert.Equal(t, want.attempts, attempts)
					assert.ErrorContains(t, err, "Success")
				})
			})
		}
	}
}

// resendTo makes a call to a Ceffu that always gives the same answer.
func resendTo(tb testing.TB, status int, body string, opts ...ceffu.CallOption) (*ceffu.ResendResult, int, error) {
	tb.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, ceffu.DefaultBaseURL+resendPath,
		httpmock.NewStringResponder(status, body).HeaderSet(http.Header{"X-Request-Id": {"req-1"}}))
	result, err := over(tb, mock).ResendWebhooks(tb.Context(), testRequest(), opts...)
	return result, mock.GetTotalCallCount(), err
}

func requireAllFixtures(tb testing.TB, tested []string) {
	tb.Helper()
	files, err := os.ReadDir(filepath.Join("..", "testdata", "ceffu"))
	require.NoError(tb, err)
	for _, f := range files {
		assert.Contains(tb, tested, f.Name(), "a fixture without a test")
	}
}
