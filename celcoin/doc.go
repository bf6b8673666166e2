/*
Package celcoin asks Celcoin, a Brazilian bank for Pix and banking as a service,
which webhooks it could not deliver, and has them sent again.

When your receiver was down, the webhooks of that time are pending at Celcoin,
which may have given up on them. For 7 days after a transaction they can be
counted, listed and replayed:

	creds, err := celcoin.CredentialsFromEnv()
	...
	client, err := celcoin.New(creds, celcoin.WithBaseURL(celcoin.SandboxURL))
	...
	query := celcoin.Query{
		Entity:      celcoin.EntityPixPaymentIn,
		From:        downSince.Add(-3 * time.Hour), // see Timestamp
		To:          upAgain,
		OnlyPending: new(true),
	}
	var missed []celcoin.Webhook
	for webhook, err := range client.Webhooks(ctx, query) {
		if err != nil {
			return err
		}
		missed = append(missed, webhook)
	}
	for _, webhook := range missed {
		_, err := client.ReplayWebhooks(ctx, celcoin.ReplayRequest{
			Entity:    query.Entity,
			WebhookID: webhook.ID,
		})
		...
	}

List first, then replay: the set of pending webhooks shrinks while it is
replayed, and a listing that goes on meanwhile skips some.

An accepted replay is not a delivery. Count the pending webhooks again, or look
at their status, until nothing is missing: package recovery does all of this.
Your receiver must answer with exactly 200, and gets some webhooks twice.

Beyond the seventh day Celcoin only says what became of a transaction:
[Client.PixPaymentStatus] and [Client.PixReceiptStatus].

# Credentials

Client id and client secret, from which the client fetches tokens as it needs
them, or a function of your own ([Credentials].TokenFunc). All calls of a client
share the token. It is renewed in the background before it expires, used to its
end while the renewal runs or fails, and dropped when it is refused. Production
wants mutual TLS too: [LoadClientCertificate] and [WithClientCertificate]. [New]
checks all this without using the network. No error, log line or printed value
shows anything of it.

# Time-outs

The context bounds the whole call, waits and token included.
[WithAttemptTimeout] bounds each attempt, 3 minutes by default, since wide
windows are slow at Celcoin; an attempt that hangs is given up and counts as a
lost response. Windows of about an hour are quick. A token call is given up when
no call waits for it any longer: allow a call the time that its token may take.

# Retries

What is retried depends on what a second copy of the request would do:

	                                           count, list,         replay
	                                           status, token
	not sent (no connection, no TLS)           retry                retry
	429, 503 with Retry-After                  retry                retry
	other 5xx, CIE999, OIE999, 408             retry                ErrOutcomeUnknown
	lost response (timeout, reset, cut body)   retry                ErrOutcomeUnknown
	401                                        once, with a new token
	anything else                              no                   no

[WithAtLeastOnce] makes a replay retry like the others, at the risk of a double
delivery. Celcoin's code counts before the HTTP status (a CIE999 with status 400
is an internal error), except that a 429 is a rate limit whatever its code. What
a server says about the client certificate is not retried.

The wait is exponential with full jitter: up to 500 ms before the first retry,
twice as much before each that follows, never more than 30 s. A Retry-After of
up to 2 minutes is waited for instead, and that of a 429 holds back all calls of
the client. A call that others hold back for longer than that, all in all, fails
with [ErrRateLimited]. [WithRetryPolicy] and [WithMaxRetries] change this. If the wait would
outlive the context's deadline, or the hint is longer than allowed, the call
returns at once with the response that it has.

# Errors

Every failed call is an [*Error]: with status, code, message and attempts if a
response came, with StatusCode 0 and the cause if none did. That of a failed
token call has the Op "token". What it means is asked with errors.Is, and
whether to call again with [Retryable]:

	_, err := client.ReplayWebhooks(ctx, req)
	switch {
	case errors.Is(err, celcoin.ErrOutcomeUnknown): // look at the details first
	case celcoin.Retryable(err):                    // later
	case errors.Is(err, celcoin.ErrUnauthorized):   // credentials
	case errors.Is(err, celcoin.ErrNotFound):       // path, product or subscription
	}
	if e, ok := errors.AsType[*celcoin.Error](err); ok {
		log.Print(e.Code, e.RequestID)
	}

A search that finds nothing is not an error. After a cancellation errors.Is finds
ctx.Err(), and the Error has the last response, if there was one.

# Observing and tracing

[WithLogger] writes a line for each call and for each attempt that failed.
[WithObserver] tells your code of both, for metrics and spans; package
celcoinotel does that for OpenTelemetry. Neither can show a query, an id or a
payload.

[WithTransport] wraps the client's transport, for a proxy's headers, a recorder
or your own tracing. With otelhttp, mind that it writes the whole URL into each
span (url.full), and that the query of a count or a listing may hold document
numbers. Use celcoinotel instead, or take the query off a copy of the request
that only the tracer sees.

# Testing your code

Package celcointest is a Celcoin on loopback with state and a clock, that
delivers to your receiver and fails on demand.

# What is not known

Products other than PIX, what a replay without a webhook id does, what older
webhooks than 7 days get, how far the status calls look back, the limits and the
order of listings, statuses beyond two, and whether the dates of webhooks are
UTC, as their Z says, or Brasília's: see [Timestamp]. The comments say so where
it matters.

# Size

The calls are a third of this package. The rest loads certificates and
credentials, shares and renews the token, reads what differs from the
documentation, says what to do about errors, and keeps secrets and personal data
out of whatever is printed.

https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
*/
package celcoin
