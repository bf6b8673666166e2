package console_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

func TestTheStateIsAPageOrJSON(t *testing.T) {
	t.Parallel()
	s := &stage{faults: []simulator.ArmedFault{{Fault: simulator.Fault{Status: 503, Skip: 1, Times: -1}, Seen: 5, Struck: 4}}}
	c := open(t, s)

	page := look(t, c, "/_sim/")
	assert.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
	for _, text := range []string{
		`name="viewport"`, `content="light dark"`, "Acme, simulated", "http://127.0.0.1:1", "status 503",
		"every call, after 1 of them, always", "curl &#39;http://127.0.0.1:1/?a=1&amp;b=&lt;2&gt;&#39;",
		"retry-after=2", `action="/_sim/say"`, `value="&#34;&gt;&lt;script&gt;"`,
	} {
		assert.Contains(t, page.Body.String(), text)
	}
	assert.Contains(t, ask(t, c, http.MethodGet, "/_sim/", "").Body.String(), "<!doctype html>", "curl without Accept sees the page too")

	for _, w := range []*httptest.ResponseRecorder{
		ask(t, c, http.MethodGet, "/_sim/state.json", ""),
		ask(t, c, http.MethodGet, "/_sim/", "", "Accept", "application/json"),
	} {
		var state map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &state))
		assert.Equal(t, "acme", state["vendor"])
		assert.Equal(t, "<b>fine</b>", state["mood"])
		assert.Equal(t, "0s", state["clockOffset"])
		assert.Equal(t, []any{map[string]any{"what": "<script>alert(1)</script>", "when": nil}}, state["counts"])
		assert.Equal(t, []any{map[string]any{
			"fault": "status 503", "when": "every call, after 1 of them, always", "seen": 5.0, "struck": 4.0, "spent": false,
		}}, state["faults"])
	}
}

func TestTheCertificateIsGivenOut(t *testing.T) {
	t.Parallel()
	assert.Equal(t, http.StatusNotFound, ask(t, open(t, new(stage)), http.MethodGet, "/_sim/certificate.pem", "").Code)

	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	c := open(t, &stage{certificate: server.Certificate()})
	block, _ := pem.Decode(ask(t, c, http.MethodGet, "/_sim/certificate.pem", "").Body.Bytes())
	require.NotNil(t, block)
	assert.Equal(t, server.Certificate().Raw, block.Bytes)
	assert.Contains(t, look(t, c, "/_sim/").Body.String(), "curl -k -d word=hello")
}

func TestAPathThatIsNoPageIsNotFound(t *testing.T) {
	t.Parallel()
	c := open(t, new(stage))
	for _, target := range []string{"/_sim/nowhere", "/_sim/a/b", "/_sim/nowhere.json", "/_sim/requests/a/b"} {
		assert.Equal(t, http.StatusNotFound, ask(t, c, http.MethodGet, target, "").Code, target)
	}
}
