package inbox_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

func TestDeliverHandsOverThePayload(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		request string
		process inbox.Process
		check   func(t *testing.T, err error)
	}{
		"processed": {payload, nothing, func(t *testing.T, err error) { t.Helper(); require.NoError(t, err) }},
		"failed":    {payload, func(context.Context, *inbox.Event) error { return broken }, func(t *testing.T, err error) { t.Helper(); require.ErrorIs(t, err, broken) }},
		"panicked": {payload, func(context.Context, *inbox.Event) error { panic("00000000001") }, func(t *testing.T, err error) { //nolint:forbidigo // as users do
			t.Helper()
			require.ErrorContains(t, err, "deliver_test.go")
			assert.NotContains(t, err.Error(), "00000000001", "a recovery keeps the text")
		}},
		"no payload":     {"", nothing, func(t *testing.T, err error) { t.Helper(); require.ErrorIs(t, err, inbox.ErrNoPayload) }},
		"not JSON":       {"<html>", nothing, func(t *testing.T, err error) { t.Helper(); require.ErrorIs(t, err, inbox.ErrNoPayload) }},
		"not an object":  {"[1]", nothing, func(t *testing.T, err error) { t.Helper(); require.ErrorIs(t, err, inbox.ErrNoPayload) }},
		"a cut payload":  {payload[:40], nothing, func(t *testing.T, err error) { t.Helper(); require.ErrorIs(t, err, inbox.ErrNoPayload) }},
		"JSON as string": {`"{}"`, nothing, func(t *testing.T, err error) { t.Helper(); require.ErrorIs(t, err, inbox.ErrNoPayload) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.check(t, inbox.Deliver(tt.process)(t.Context(), celcoin.Webhook{ID: "w1", Request: tt.request}))
		})
	}
}

func TestPostToSendsAsCelcoinDoes(t *testing.T) {
	t.Parallel()
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		login, pass, _ := r.BasicAuth()
		got = append(got, r.Method, r.URL.String(), r.Header.Get("Content-Type"), login, pass, string(body))
	}))
	defer server.Close()
	deliver := inbox.PostTo(server.URL+"/hooks?a=b", inbox.WithBasicAuth(user, password))
	require.NoError(t, deliver(t.Context(), celcoin.Webhook{Request: payload}))
	require.ErrorIs(t, deliver(t.Context(), celcoin.Webhook{}), inbox.ErrNoPayload)
	assert.Equal(t, []string{"POST", "/hooks?a=b", "application/json", user, password, payload}, got)
}

func TestOnlyAnAnswerOf200IsDelivered(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"204": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"201": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) },
		"503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"a redirect to what is not a URL": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://receiver.example/secret-path/%zz?document=00000000001")
			w.WriteHeader(http.StatusFound)
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"too late":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.Handle("/secret-path", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // the server sees a client leave after that only
				handler(w, r)
			}))
			mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { t.Error("followed") })
			server := httptest.NewServer(mux)
			defer server.Close()
			err := inbox.PostTo(server.URL+"/secret-path", inbox.WithTimeout(200*time.Millisecond), inbox.WithHTTPClient(server.Client()))(t.Context(), celcoin.Webhook{Request: payload})
			require.Error(t, err)
			require.NotErrorIs(t, err, inbox.ErrNoPayload)
			assert.NotContains(t, err.Error(), "secret-path")
			assert.NotContains(t, err.Error(), "00000000001")
		})
	}
}

func TestPostToSendsNothingInTheClear(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"", "receiver.example", "http://receiver.example/secret", "http://127.0.0.1.example/secret", "ftp://127.0.0.1/secret",
		"https://u:secret@receiver.example/", "https://", "http://[::1/secret", "//receiver.example/secret",
	} {
		err := inbox.PostTo(target)(t.Context(), celcoin.Webhook{Request: payload})
		require.Error(t, err, target)
		assert.NotContains(t, err.Error(), "secret")
		assert.NotContains(t, err.Error(), "dial")
	}
	require.Error(t, inbox.PostTo("https://receiver.example", inbox.WithBasicAuth(user, ""))(t.Context(), celcoin.Webhook{Request: payload}))
}
