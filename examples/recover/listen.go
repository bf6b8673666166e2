package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// doListen receives Celcoin's webhooks into a file until it is stopped. The path
// of the URL does not matter: the login does.
func (j *job) doListen(ctx context.Context) (int, error) {
	user, password, err := j.login(listenLogin)
	if err != nil {
		return failed(err)
	}
	if user == "" {
		return failed(usagef("not set: %s_USER and %s_PASSWORD, the login that Celcoin has for the webhook", listenLogin, listenLogin))
	}
	out, err := openLines(j.out, j.maxItems)
	if err != nil {
		return failed(err)
	}
	defer out.close() //nolint:errcheck // each event was synced before its answer
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", j.addr)
	if err != nil {
		return failed(err)
	}
	observe := inbox.WithObserver(func(_ context.Context, r inbox.Receipt) { j.received(out, r) })
	server := &http.Server{
		Handler:           inbox.NewHandler(out.process, inbox.WithBasicAuth(user, password), inbox.WithConcurrency(64), observe), //nolint:contextcheck // each request has its own
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	what := "HTTP"
	if j.tlsCert != "" {
		what = "HTTPS"
	} else if host, _, _ := net.SplitHostPort(listener.Addr().String()); !loopback(host) {
		fmt.Fprintln(j.stderr, "recover: warning: without -tls-cert the login comes in clear text, unless a proxy before this serves HTTPS")
	}
	fmt.Fprintf(j.say, "%s on %s, into %s, which has %s. Ctrl-C ends it.\n", what, listener.Addr(), j.out, plural(out.size(), "event"))
	ended := make(chan error, 1)
	go func() {
		if j.tlsCert != "" {
			ended <- server.ServeTLS(listener, j.tlsCert, j.key)
			return
		}
		ended <- server.Serve(listener)
	}()
	select {
	case err = <-ended:
	case <-ctx.Done():
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = server.Shutdown(patience) // what is being received is answered first
	}
	j.progress.end()
	fmt.Fprintf(j.say, "%s has %s, %s of them new.\n", j.out, plural(out.size(), "event"), count(out.added()))
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if err != nil {
		return exitPartial, err
	}
	return exitDone, nil
}

// received shows a request: as a line of JSON, or if it was refused.
func (j *job) received(out *lines, r inbox.Receipt) {
	j.progress.step(step{name: fmt.Sprintf("listening: %s new", plural(out.added(), "event"))})
	entity := strings.Map(printable, string(r.Entity)) // anybody can send one
	switch {
	case j.json:
		j.writeJSONLine(map[string]any{"time": time.Now().In(j.zone.Location), "entity": entity, "status_code": r.StatusCode}) //nolint:errcheck,gosec // a closed output ends no receiver
	case r.StatusCode == http.StatusInternalServerError:
		fmt.Fprintf(j.stderr, "recover: answered 500: %v\n", r.Err)
	case r.StatusCode != http.StatusOK:
		fmt.Fprintf(j.stderr, "recover: answered %d\n", r.StatusCode)
	}
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
