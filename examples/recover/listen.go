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
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// doListen receives Celcoin's webhooks into a file until it is stopped. The path
// of the URL does not matter: the login does.
func (j *job) doListen(ctx context.Context) error {
	user, password, err := j.login("RECOVER_LISTEN")
	if err != nil {
		return err
	}
	if user == "" {
		return usagef("not set: RECOVER_LISTEN_USER and RECOVER_LISTEN_PASSWORD, the login that Celcoin has for the webhook")
	}
	out, err := openLines(j.out, j.request.MaxItems, syncFolder)
	if err != nil {
		return err
	}
	defer out.close() //nolint:errcheck // each event was synced before its answer
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", j.addr)
	if err != nil {
		return err
	}
	observe := inbox.WithObserver(func(_ context.Context, r inbox.Receipt) { j.received(out, r) })
	server := &http.Server{
		Handler:           inbox.NewHandler(out.process, inbox.WithBasicAuth(user, password), inbox.WithConcurrency(64), observe), //nolint:contextcheck // each request has its own
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	serve := func() error { return server.Serve(listener) }
	what := "HTTP"
	if j.tlsCert != "" {
		serve = func() error { return server.ServeTLS(listener, j.tlsCert, j.tlsKey) }
		what = "HTTPS"
	} else if address, ok := listener.Addr().(*net.TCPAddr); !ok || !address.IP.IsLoopback() {
		fmt.Fprintln(j.stderr, "recover: warning: without -tls-cert the login comes in clear text, unless a proxy before this serves HTTPS")
	}
	fmt.Fprintf(j.say, "%s on %s, into %s, which has %s. Ctrl-C ends it.\n", what, listener.Addr(), j.out, plural(out.size(), "event"))
	ended := make(chan error, 1)
	go func() { ended <- serve() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = server.Shutdown(patience) // what is being received is answered first
	}
	j.progress.end()
	fmt.Fprintf(j.say, "%s has %s, %s of them new.\n", j.out, plural(out.size(), "event"), count(out.size()-out.before))
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return &exitError{err, exitPartial}
	}
	return nil
}

// received shows a request: as a line of JSON, or if it was refused.
func (j *job) received(out *lines, r inbox.Receipt) {
	j.progress.show(recovery.Progress{Step: fmt.Sprintf("listening: %s new", plural(out.size()-out.before, "event"))})
	switch {
	case j.json:
		encode(j.stdout, struct { //nolint:errcheck,gosec // the output keeps its errors, and a closed one ends no receiver
			Entity     string    `json:"entity"`
			StatusCode int       `json:"status_code"`
			Time       time.Time `json:"time"`
		}{strings.Map(printable, string(r.Entity)), r.StatusCode, time.Now().In(j.zone)}, "")
	case r.StatusCode == http.StatusInternalServerError:
		fmt.Fprintf(j.stderr, "recover: answered 500: %v\n", r.Err)
	case r.StatusCode != http.StatusOK:
		fmt.Fprintf(j.stderr, "recover: answered %d\n", r.StatusCode)
	}
}

// printable leaves out what a terminal might obey: an entity can be any text.
func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
