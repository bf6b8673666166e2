package main

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	waitFor = 10 * time.Second // for what is done in the background
	glance  = 10 * time.Millisecond
	form    = "application/x-www-form-urlencoded"
)

// state of a vendor, as the panel gives it in JSON.
func (s *instance) state(t *testing.T, vendor string) (v view) {
	t.Helper()
	status, body := s.send(t, http.MethodGet, s.panel+"/"+vendor+"/state.json", "")
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &v)) //nolint:musttag // the records of the simulators have no tags
	return v
}

func (s *instance) missed(t *testing.T, vendor string) (missed int) {
	t.Helper()
	for what, n := range s.state(t, vendor).Counts {
		if strings.HasSuffix(what, " PENDENTE") || strings.HasSuffix(what, " failed") {
			missed += n
		}
	}
	return missed
}

func TestWhatAPersonDoes(t *testing.T) {
	t.Parallel()
	for vendor, kind := range map[string]string{"celcoin": "BAAS/account-created", "ceffu": "4"} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "-missed", "7")
			do := func(action, body string) int {
				status, answer := s.send(t, http.MethodPost, s.panel+"/"+vendor+"/"+action, body, "Content-Type", form)
				assert.True(t, json.Valid([]byte(answer)), answer)
				return status
			}
			require.Equal(t, 7, s.missed(t, vendor))
			assert.Equal(t, http.StatusOK, do("add", "count=5&kind="+kind))
			assert.Equal(t, 12, s.missed(t, vendor))
			assert.Equal(t, http.StatusBadRequest, do("add", "count=many&kind="+kind))
			assert.Equal(t, http.StatusBadRequest, do("subtract", "count=5&kind="+kind))

			assert.Equal(t, http.StatusOK, do("receiver", "status=503"))
			assert.Equal(t, http.StatusOK, do("replay", "kind="+kind))
			refused := func() bool {
				v := s.state(t, vendor)
				return len(v.Deliveries) > 0 && v.Deliveries[0].Status == http.StatusServiceUnavailable
			}
			assert.Eventually(t, refused, waitFor, glance)
			assert.Equal(t, 12, s.missed(t, vendor), "a receiver that is down gets nothing")
			assert.Equal(t, http.StatusOK, do("receiver", "status=200"))
			assert.Eventually(t, func() bool { return do("replay", "kind="+kind) == http.StatusOK && s.missed(t, vendor) <= 7 }, waitFor, glance)

			assert.Equal(t, http.StatusOK, do("fail", "fault=*:status=503,times=2"))
			call := func() int {
				status, _ := s.send(t, http.MethodGet, s.state(t, vendor).URL+"/anything", "")
				return status
			}
			assert.Equal(t, http.StatusServiceUnavailable, call())
			assert.Equal(t, http.StatusOK, do("clear", ""))
			assert.NotEqual(t, http.StatusServiceUnavailable, call())
			assert.Contains(t, s.state(t, vendor).Requests[1].Fault, "503")
		})
	}
}

func TestABrowserIsAnsweredWithThePageAndWhatCameOfItsForm(t *testing.T) {
	t.Parallel()
	s := begin(t, "-missed", "7")
	for action, want := range map[string]string{"add": "done: add", "subtract": "error: want add"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.panel+"/celcoin/"+action, strings.NewReader("kind=PIX/kyc&count=3"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", form)
		r.Header.Set("Accept", "text/html")
		response, err := s.http.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusSeeOther, response.StatusCode)
		_, page := s.send(t, http.MethodGet, s.panel+response.Header.Get("Location"), "")
		assert.Contains(t, page, want)
		assert.Contains(t, page, "<h2>PIX/kyc, newest first</h2>")
		for _, line := range s.lines {
			assert.Equal(t, 1, strings.Count(html.UnescapeString(page), line+"\n"), line)
		}
	}
	assert.Equal(t, 3, s.state(t, "celcoin").Counts["PIX/kyc PENDENTE"])
}

func TestRequestsOfOtherSitesAreRefusedOnAllPorts(t *testing.T) {
	t.Parallel()
	s := begin(t, "-missed", "7")
	own := func(base string) string { return strings.TrimPrefix(base, "http://") }
	targets := map[string]string{
		s.panel: "/celcoin/add", s.env["CELCOIN_BASE_URL"]: "/v5/token", s.env["CEFFU_BASE_URL"]: "/open-api/entity/webhook/resend",
	}
	for base, path := range targets {
		port := base[strings.LastIndex(base, ":"):]
		tests := []struct {
			name, method string
			refused      int
			header       []string
		}{
			{"curl sends no origin", http.MethodPost, 0, nil},
			{"a page of its own", http.MethodPost, 0, []string{"Origin", base, "Host", own(base)}},
			{"another name of this machine", http.MethodPost, 0, []string{"Host", "localhost" + port}},
			{"IPv6", http.MethodPost, 0, []string{"Host", "[::1]" + port}},
			{"a page of another site", http.MethodPost, 403, []string{"Origin", "https://evil.example"}},
			{"what such a page reads", http.MethodGet, 403, []string{"Origin", "https://evil.example"}},
			{"another port of this machine", http.MethodPost, 403, []string{"Origin", "http://127.0.0.1:9"}},
			{"a page without origin", http.MethodPost, 403, []string{"Origin", "null"}},
			{"a browser that names no origin", http.MethodPost, 403, []string{"Sec-Fetch-Site", "cross-site"}},
			{"a name that leads here", http.MethodGet, 421, []string{"Host", "evil.example" + port}},
			{"an address of another machine", http.MethodGet, 421, []string{"Host", "192.0.2.1" + port}},
		}
		for _, test := range tests {
			status, body := s.send(t, test.method, base+path, "kind=PIX/kyc&count=1", append(test.header, "Content-Type", form)...)
			if test.refused != 0 {
				assert.Equal(t, test.refused, status, "%s: %s", base, test.name)
			} else {
				assert.NotContains(t, []int{http.StatusForbidden, http.StatusMisdirectedRequest}, status, "%s: %s: %s", base, test.name, body)
			}
		}
	}
	assert.Equal(t, 7+4, s.missed(t, "celcoin"), "what was refused did nothing")
	assert.Len(t, s.state(t, "ceffu").Requests, 4, "and was not recorded")
}

func TestAHostileRequestDoesNoHarmToThePage(t *testing.T) {
	t.Parallel()
	s := begin(t, "-missed", "1")
	const evil = `"><script>alert(1)</script>`
	for vendor, name := range map[string]string{"celcoin": "CELCOIN", "ceffu": "CEFFU"} {
		s.send(t, http.MethodPost, s.env[name+"_BASE_URL"]+"/x?%22%3E%3Cscript%3E", evil, "X-Evil", evil)
		s.send(t, http.MethodPost, s.panel+"/"+vendor+"/fail", "fault=*:message="+evil, "Content-Type", form)
		assert.Equal(t, evil, s.state(t, vendor).Requests[0].Body)
		_, page := s.send(t, http.MethodGet, s.panel+"/"+vendor+"?kind=%22%3E%3Cscript%3E", "")
		assert.Zero(t, strings.Count(page, "<script"))
		assert.Equal(t, 1, strings.Count(page, "X-Evil: &#34;&gt;&lt;script&gt;"))
	}
}

func TestReplaysReachAReceiverOfOnesOwn(t *testing.T) {
	t.Parallel()
	arrived := make(chan *http.Request, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { arrived <- r }))
	t.Cleanup(receiver.Close)
	s := begin(t, "-missed", "7", "-deliver-to", receiver.URL+"/hook")
	s.send(t, http.MethodPost, s.panel+"/celcoin/replay", "kind=PIX/pix-payment-in", "Content-Type", form)
	first := <-arrived
	_, password, ok := first.BasicAuth()
	assert.True(t, ok)
	assert.Equal(t, []string{"sandbox", "/hook"}, []string{password, first.URL.Path})
	s.send(t, http.MethodPost, s.panel+"/ceffu/replay", "kind=4", "Content-Type", form)
	assert.Eventually(t, func() bool { return len(arrived) == 1+2 && s.missed(t, "celcoin") == 5 && s.missed(t, "ceffu") == 5 }, waitFor, glance)
}

func TestAHundredThousandOfEachAreServed(t *testing.T) {
	t.Parallel()
	s := begin(t, "-missed", "100000")
	assert.Equal(t, 100_000, s.missed(t, "celcoin"))
	assert.Len(t, s.state(t, "ceffu").Webhooks, shown)
}
