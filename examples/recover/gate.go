package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// errNotReady: the receiver is down, or says so.
var errNotReady = errors.New("the receiver is not ready")

// gateTimeout is how long a healthy receiver may take to say so.
const gateTimeout = 5 * time.Second

// checkURLs refuses what could not be asked, without showing it: it may hold a
// password.
func (j *job) checkURLs() error {
	if j.pullTo != "" {
		u, err := url.Parse(j.pullTo)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
			return fmt.Errorf("-pull-to: want an https URL (or http of this machine), and the login in %s_USER and %s_PASSWORD", pullLogin, pullLogin)
		}
		if _, _, err := j.login(pullLogin); err != nil {
			return err
		}
	}
	if j.gate == "" {
		return nil
	}
	u, err := url.Parse(j.gate)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("-gate, or " + gateURL + ": want an http or https URL")
	}
	_, _, err = j.login(gateLogin)
	return err
}

func loopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }

// receiverIsUp asks the receiver's health URL. Its errors go into journals and
// reports, and so do not show the URL.
func (j *job) receiverIsUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, gateTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, j.gate, nil) //nolint:gosec // to ask the URL of the command line is what this is for
	if err != nil {
		return errors.New("the health URL is malformed")
	}
	if user, password, _ := j.login(gateLogin); user != "" {
		req.SetBasicAuth(user, password)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req) //nolint:gosec // as above
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		if strings.HasPrefix(err.Error(), "failed to parse Location") { // and quotes it
			return errors.New("the health URL redirects to what is not a URL")
		}
		return fmt.Errorf("the health URL does not answer: %w", err)
	}
	resp.Body.Close() //nolint:errcheck,gosec // nothing was read
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("the health URL answered %d", resp.StatusCode)
	}
	return nil
}

// waitForReceiver is the gate of Ceffu's part: it asks until the receiver is
// ready or the max wait ends.
func (j *job) waitForReceiver(ctx context.Context) error {
	if j.gate == "" {
		return ctx.Err()
	}
	end, pause := time.Now().Add(j.maxWait), time.Second
	for {
		err := j.receiverIsUp(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Until(end) < pause {
			return fmt.Errorf("%w, and was not for %v: %w", errNotReady, j.maxWait, err)
		}
		j.progress.step(step{name: "waiting for the receiver", until: end})
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
		pause = min(2*pause, time.Minute)
	}
}
