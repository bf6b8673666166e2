package ceffu_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// FuzzEnvelope gives any answer to one attempt. It is a success by the rules,
// or an *Error that can be shown.
func FuzzEnvelope(f *testing.F) {
	files, err := os.ReadDir(filepath.Join("..", "testdata", "ceffu"))
	require.NoError(f, err)
	for _, file := range files {
		for _, status := range []int{200, 400, 500} {
			f.Add(status, []byte(fixture(f, file.Name())))
		}
	}
	f.Add(200, []byte("\ufeff"+success))
	f.Add(200, []byte(`{"CODE":"000000","Data":true}`))
	f.Add(200, []byte(`{"code":"000000","code":"G20012"}`))
	f.Add(200, []byte(`{"code":"`+canaryKey+`","message":["`+canaryKey+`"]}`))
	f.Add(429, []byte(strings.Repeat("[", 20_000)))

	// What is signed is not the matter here, and signing takes longest.
	creds := ceffu.Credentials{APIKey: canaryKey, Signer: &held{signature: make([]byte, testKey().Size())}}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			t.Skip("net/http lets no such status through")
		}
		c, err := ceffu.New(creds, through(answering(answer{status: status, body: string(body)})))
		require.NoError(t, err)
		var response ceffu.Response
		result, err := c.ResendWebhooks(t.Context(), testRequest(), ceffu.WithMaxRetries(0), ceffu.WithResponse(&response))
		assert.Equal(t, status, response.StatusCode)
		assert.Equal(t, string(body), string(response.Body))
		code, data, isObject := envelopeOf(body)
		if err == nil {
			require.Less(t, status, 300)
			require.True(t, isObject)
			assert.Empty(t, strings.Trim(code, "0"), "the code of a success is 000000")
			assert.NotEmpty(t, code)
			assert.Equal(t, data == "true" || data == `"true"`, result.Accepted)
			return
		}
		assert.Nil(t, result)
		var e *ceffu.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, 1, e.Attempts)
		text := err.Error()
		assert.True(t, utf8.ValidString(text))
		assert.LessOrEqual(t, len(text), 2048)
		assert.NotContains(t, text, "\n")
		assert.NotContains(t, text, canaryKey) // a piece of it cannot be told from another text
		_, err = json.Marshal(e)
		require.NoError(t, err)
		assert.False(t, errors.Is(e, ceffu.ErrOutcomeUnknown) && errors.Is(e, ceffu.ErrRateLimited), "a refused rate is no doubt")
		if status < 300 && code == "000000" && isObject {
			t.Errorf("a success was taken for %v", e)
		}
	})
}

// envelopeOf reads an answer another way than the package does: the code as
// text, the data as JSON, and whether there is an envelope at all.
func envelopeOf(body []byte) (code, data string, isObject bool) {
	var m struct {
		Code json.RawMessage `json:"code"`
		Data json.RawMessage `json:"data"`
	}
	body = []byte(strings.TrimPrefix(string(body), "\ufeff"))
	if json.Unmarshal(body, &m) != nil {
		return "", "", false
	}
	code = string(m.Code)
	var text string
	if json.Unmarshal(m.Code, &text) == nil {
		code = text
	}
	return code, string(m.Data), true
}
