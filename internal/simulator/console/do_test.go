package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

func TestAnActionAnswersInTheFormOfItsCaller(t *testing.T) {
	t.Parallel()
	s := new(stage)
	c := open(t, s)

	w := ask(t, c, http.MethodPost, "/_sim/say", form("word", "a", "tone", "high"))
	assert.Equal(t, "said <i>a</i>\n", w.Body.String())
	assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))

	w = ask(t, c, http.MethodPost, "/_sim/say", "", "Accept", "application/json")
	var done map[string]string
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &done))
	assert.Equal(t, map[string]string{"done": "said <i>hello</i>"}, done)

	w = ask(t, c, http.MethodPost, "/_sim/say", form("word", "b"), "Accept", html)
	require.Equal(t, http.StatusSeeOther, w.Code)
	body := look(t, c, w.Header().Get("Location")).Body.String()
	assert.Contains(t, body, `role="status">said &lt;i&gt;b&lt;/i&gt;</p>`)
	assert.Equal(t, []string{"a high", "hello low", "b low"}, s.said)
}

func TestABrowserReturnsToThePageThatItCameFrom(t *testing.T) {
	t.Parallel()
	c := open(t, new(stage))
	for referer, want := range map[string]string{
		"http://127.0.0.1:8081/_sim/things?kind=even&page=2&done=7": "/_sim/things?done=1&kind=even&page=2",
		"http://127.0.0.1:8081/_sim/":                               "/_sim/?done=1",
		"":                                                          "/_sim/?done=1",
		"https://evil.example/":                                     "/_sim/?done=1",
		"https://evil.example/_sim/things":                          "/_sim/things?done=1",
		"http://127.0.0.1:8081/_sim/../../evil":                     "/_sim/?done=1",
		"http://127.0.0.1:8081/_sim/say":                            "/_sim/?done=1",
		"%zz":                                                       "/_sim/?done=1",
	} {
		w := ask(t, open(t, new(stage)), http.MethodPost, "/_sim/say", form("word", "x"), "Accept", html, "Referer", referer)
		assert.Equal(t, want, w.Header().Get("Location"), referer)
	}
	assert.NotContains(t, look(t, c, "/_sim/?done=99").Body.String(), `class="notice"`)
	assert.NotContains(t, look(t, c, "/_sim/?done=said+something").Body.String(), `class="notice"`)
}

func TestWhatIsWrongWithAnActionIsSaid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, target, body, kind string
		status                   int
		says                     string
	}{
		{"an action that there is not", "/_sim/shout", "", "", 404, "say, fault, clear-faults, clock, forget"},
		{"a field that there is not", "/_sim/say", "wrod=x", "", 400, `unknown field "wrod": there are word, tone`},
		{"a choice that there is not", "/_sim/say", "tone=shrill", "", 400, `tone is "shrill": want one of "low", "high"`},
		{"a value that it does not take", "/_sim/say", "word=nothing", "", 400, "there is <nothing> to say"},
		{"a field where none is taken", "/_sim/forget", "all=1", "", 400, `unknown field "all": this takes none`},
		{"a form that is none", "/_sim/say", "{}", "application/json", 415, "want a form, as curl -d name=value sends it"},
		{"a malformed content type", "/_sim/say", "a=b", ";;", 415, "malformed Content-Type"},
		{"a malformed form", "/_sim/say", "word=%zz", "", 400, "the form is malformed"},
		{"a form that is too large", "/_sim/say", "word=" + strings.Repeat("x", 2<<20), "", 413, "the form is too large"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header := []string{}
			if test.kind != "" {
				header = []string{"Content-Type", test.kind}
			}
			c := open(t, new(stage))
			w := ask(t, c, http.MethodPost, test.target, test.body, header...)
			assert.Equal(t, test.status, w.Code)
			assert.Contains(t, w.Body.String(), test.says)

			w = ask(t, c, http.MethodPost, test.target, test.body, append(header, "Accept", html)...)
			assert.Equal(t, test.status, w.Code)
			assert.Contains(t, w.Body.String(), `role="alert"`)
			assert.NotContains(t, w.Body.String(), "<nothing>")

			w = ask(t, c, http.MethodPost, test.target, test.body, append(header, "Accept", "application/json")...)
			var wrong map[string]string
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &wrong))
			assert.Contains(t, wrong["error"], test.says)
		})
	}
}

func TestAMultipartFormIsTakenToo(t *testing.T) {
	t.Parallel()
	s := new(stage)
	body := "--b\r\nContent-Disposition: form-data; name=\"word\"\r\n\r\nx\r\n--b--\r\n"
	w := ask(t, open(t, s), http.MethodPost, "/_sim/say", body, "Content-Type", "multipart/form-data; boundary=b")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, []string{"x low"}, s.said)
}

func TestGettingAnActionDoesNothingAndSaysHowToDoIt(t *testing.T) {
	t.Parallel()
	s := new(stage)
	w := ask(t, open(t, s), http.MethodGet, "/_sim/say", "")
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, http.MethodPost, w.Header().Get("Allow"))
	assert.Equal(t, "POST it: curl -d word=hello -d tone=low http://127.0.0.1:1/_sim/say\n", w.Body.String())
	assert.Empty(t, s.said)
}

func TestTheClockMovesAndHasBounds(t *testing.T) {
	t.Parallel()
	c := open(t, new(stage))
	assert.Equal(t, "the clock is now 72h0m0s off the machine's\n", ask(t, c, http.MethodPost, "/_sim/clock", form("advance", "72h")).Body.String())
	assert.Equal(t, "the clock is now 71h0m0s off the machine's\n", ask(t, c, http.MethodPost, "/_sim/clock", form("advance", "-1h")).Body.String())
	assert.Contains(t, look(t, c, "/_sim/").Body.String(), "71h0m0s off the machine")
	for _, by := range []string{"", "tomorrow", "2000000h", "-2000000h"} {
		assert.Equal(t, http.StatusBadRequest, ask(t, c, http.MethodPost, "/_sim/clock", form("advance", by)).Code, by)
	}
}

func TestFaultsAreArmedByFieldsOrInWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, says string
		status           int
	}{
		{"fields", form("operation", "ask", "status", "503", "retry-after", "2", "times", "3"), `armed: status 503, retry after "2" (ask, 3 times)`, 200},
		{"a lost answer", form("lost", "reset", "processed", "yes"), "armed: connection reset, after processing (every call, once)", 200},
		{"words", form("fault", "tell:code=X,probability=0.5"), `armed: code "X" (tell, always, with probability 0.5)`, 200},
		{"a text that would end its quotes", form("code", `a",hang,message="b`), `armed: code "a\",hang,message=\"b" (every call, once)`, 200},
		{"nothing that goes wrong", form("times", "3"), "it says when, but not what goes wrong", 400},
		{"contradictions", form("lost", "hang", "status", "500"), "Hang leaves no room for Status", 400},
		{"another vendor's call", form("fault", "replay:reset"), `"replay" is none of *, acme, acme.ask, acme.tell`, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := new(stage)
			c := open(t, s)
			w := ask(t, c, http.MethodPost, "/_sim/fault", test.body)
			assert.Equal(t, test.status, w.Code)
			assert.Contains(t, w.Body.String(), test.says)
			assert.Equal(t, test.status == 200, len(s.faults) == 1)

			assert.Equal(t, http.StatusOK, ask(t, c, http.MethodPost, "/_sim/clear-faults", "").Code)
			assert.Empty(t, s.faults)
		})
	}
}

func TestForgettingKeepsTheState(t *testing.T) {
	t.Parallel()
	s := busy()
	ask(t, open(t, s), http.MethodPost, "/_sim/forget", "")
	assert.Empty(t, s.requests)
	assert.Empty(t, s.deliveries)
}

func TestThePageShowsCommandLinesThatItTakes(t *testing.T) {
	t.Parallel()
	c := open(t, new(stage))
	body := look(t, c, "/_sim/").Body.String()
	for _, line := range []string{
		"curl -d word=hello -d tone=low http://127.0.0.1:1/_sim/say",
		"curl -d fault=tell:status=503,retry-after=2,times=3 http://127.0.0.1:1/_sim/fault",
		"curl -X POST http://127.0.0.1:1/_sim/clear-faults",
		"curl -d advance=1h http://127.0.0.1:1/_sim/clock",
	} {
		assert.Contains(t, body, "<pre>"+line+"</pre>")
		var fields url.Values = make(map[string][]string)
		words := strings.Fields(line)
		for i, word := range words {
			if word == "-d" {
				name, value, _ := strings.Cut(words[i+1], "=")
				fields.Set(name, value)
			}
		}
		target := strings.TrimPrefix(words[len(words)-1], "http://127.0.0.1:1")
		assert.Equal(t, http.StatusOK, ask(t, c, http.MethodPost, target, fields.Encode()).Code, line)
	}
}

func TestAPanelThatMakesNoSenseIsNotShown(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*console.Panel){
		"no simulator":                     func(p *console.Panel) { p.Simulator = nil },
		"an action that is there twice":    func(p *console.Panel) { p.Actions = append(p.Actions, p.Actions[0]) },
		"an action of the console's name":  func(p *console.Panel) { p.Actions[0].Name = "clock" },
		"an action with a slash":           func(p *console.Panel) { p.Actions[0].Name = "a/b" },
		"a listing of the console's name":  func(p *console.Panel) { p.Listings[0].Name = "requests" },
		"a listing without a way to page":  func(p *console.Panel) { p.Listings[0].Page = nil },
		"a listing with an action's name":  func(p *console.Panel) { p.Listings[0].Name = "say" },
		"an action that does not do a bit": func(p *console.Panel) { p.Actions[0].Do = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			panel := new(stage).panel()
			spoil(&panel)
			c, err := console.New()
			require.NoError(t, err)
			require.Error(t, c.Attach(panel))
		})
	}
}
