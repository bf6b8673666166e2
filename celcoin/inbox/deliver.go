package inbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/receive"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// ErrNoPayload says that a webhook's details have no payload that can be
// delivered: its request is empty or not a JSON object. Replay it instead.
var ErrNoPayload = errors.New("inbox: the webhook's request is empty or not JSON: replay it instead")

// Deliver hands the payload of a webhook that was fetched by its details to p,
// as the handler does with one that Celcoin sends: for recovery.WithPull, in the
// process that receives. The ctx is the caller's, so cancelling it cancels p.
//
// The text of an error goes into the journal and the reports of a recovery, so p
// must keep payloads out of it. A panic of p is an error that has its stack, and
// not its value.
func Deliver(p Process) func(ctx context.Context, w celcoin.Webhook) error {
	return func(ctx context.Context, w celcoin.Webhook) error {
		event, err := Parse([]byte(w.Request))
		if err != nil {
			return ErrNoPayload
		}
		err = receive.Call(ctx, p, event)
		if panicked, ok := err.(*receive.PanicError); ok { //nolint:errorlint // as Call returns it, and not what p wraps
			return fmt.Errorf("inbox: deliver: panic while processing the webhook, of a value of type %T\n%s", panicked.Value, panicked.Stack)
		}
		return err
	}
}

// PostOption configures [PostTo].
type PostOption interface{ post(o *options) }

// WithHTTPClient makes [PostTo] send through a copy of client, which does not
// follow redirects.
func WithHTTPClient(client *http.Client) PostOption {
	return setting(func(o *options) { o.client = client })
}

// PostTo POSTs the payload of a webhook that was fetched by its details to a
// receiver, as Celcoin does: for recovery.WithPull. Only an answer with status
// 200 is a success. Redirects are not followed. The target must be https, or
// have a loopback host, and no login in it: use [WithBasicAuth]. Otherwise each
// delivery fails. After an error the receiver may have the webhook all the same.
func PostTo(target string, opts ...PostOption) func(ctx context.Context, w celcoin.Webhook) error {
	o := options{Settings: receive.Settings[*Event]{Timeout: 30 * time.Second}}
	for _, opt := range opts {
		if opt != nil {
			opt.post(&o)
		}
	}
	invalid := checkTarget(target, o.Login)
	var client http.Client
	if o.client != nil {
		client = *o.client
	} else {
		client.Transport = transport.Tuned()
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return func(ctx context.Context, w celcoin.Webhook) error {
		if invalid != nil {
			return invalid
		}
		if _, err := Parse([]byte(w.Request)); err != nil {
			return ErrNoPayload
		}
		if o.Timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, o.Timeout)
			defer cancel()
		}
		return post(ctx, &client, target, o.Login, []byte(w.Request))
	}
}

// checkTarget never shows the target, whose path may be a secret.
func checkTarget(target string, login *receive.Login) error {
	u, err := url.Parse(target)
	switch {
	case err != nil || u.Host == "":
		return errors.New("inbox: post: the target is not a URL")
	case u.User != nil:
		return errors.New("inbox: post: the target has a login in it: use WithBasicAuth")
	case u.Scheme != "https" && (u.Scheme != "http" || !transport.Loopback(u.Hostname())):
		return errors.New("inbox: post: the target is neither https nor on this machine")
	case login != nil && (login.User == "" || login.Password == ""):
		return errors.New("inbox: post: the login or the password is empty")
	}
	return nil
}

func post(ctx context.Context, client *http.Client, target string, login *receive.Login, payload []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(payload))
	if err != nil {
		return errors.New("inbox: post: the target is not a URL")
	}
	req.Header.Set("Content-Type", "application/json")
	if login != nil {
		req.SetBasicAuth(login.User, login.Password)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("inbox: post: %w", transport.Sanitize(ctx, err)) // without a URL
	}
	defer resp.Body.Close()                                       //nolint:errcheck // nothing was written
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection is used again
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("inbox: post: the receiver answered %d: only 200 is a success", resp.StatusCode)
	}
	return nil
}
