/*
Package ceffu asks Ceffu, a custodian of crypto assets, to send again the
webhook notifications that it failed to deliver.

Ceffu retries a notification for 2 hours and 50 minutes (after 30, 120, 480,
1920 and 7680 seconds) and then gives up. If your receiver was down for longer,
the deposits and withdrawals of that time were never announced.
[Client.ResendAll] brings the notifications back, for every event type of the
webhooks that it is given:

	creds, err := ceffu.CredentialsFromEnv()
	...
	client, err := ceffu.New(creds)
	...
	all := ceffu.ResendAllRequest{WebhookIDs: []string{"1721442311151521794"}, From: downSince}
	for outcome, err := range client.ResendAll(ctx, all) {
		if err != nil {
			return err // nothing more is sent
		}
		log.Print(outcome.WebhookID, outcome.EventType, outcome.Status, outcome.Err)
	}

It makes one call for each webhook and event type, which [Client.ResendWebhooks]
makes by itself.

Ceffu tells neither how many notifications failed nor what became of the resent
ones: an accepted request is not a delivery. The proof is at your receiver. It
sees some notifications twice, must answer with exactly 200, and should be up
again before you resend: after 500 failures in a UTC day Ceffu suspends the
endpoint.

# Credentials

An API key and an RSA private key, which Ceffu calls the API secret: base64 of
PKCS#8 DER, accepted with white space, in PEM armour and as PKCS#1, too. A key
that is held in a KMS or an HSM signs through [Credentials].Signer. [New] checks
both without using the network. The key needs the permission group "Enable
Wallet Management". No error, log line or printed value shows anything of them.

# Time-outs

The context bounds the whole call, waits included. [WithAttemptTimeout] bounds
each attempt, 30 seconds by default: an attempt that hangs is given up, counts
as a lost response and is retried, while the caller's time lasts.

# Retries

A resend asks again for what failed, and duplicates are documented, so it is
safe to retry:

	not sent (no connection, no TLS)             retry
	429, G20012, 503 with Retry-After            retry
	other 5xx, G20001, 408                       retry
	lost response (timeout, reset, cut body)     retry
	G20007 timestamp expired                     by the clock of the response's Date, then by one's own
	G20015 duplicated request                    once
	anything else                                no

Ceffu's code counts before the HTTP status (a G20012 inside a 200 is a rate
limit), except that a 429 is a rate limit whatever its code. Each attempt is
signed anew, over a new timestamp; timestamps increase strictly over all
goroutines, unless the clock is set back, and none is used twice, since Ceffu
takes an equal signature for a duplicate.

The wait is exponential with full jitter: up to 500 ms before the first retry,
twice as much before each that follows, never more than 30 s. A Retry-After of
up to 2 minutes is waited for instead, and that of a rate limit holds back all
calls of the client. A call that others hold back for longer than that, all in
all, fails with [ErrRateLimited]. [WithRetryPolicy] and [WithMaxRetries] change this. If the
wait would outlive the context's deadline, or the hint is longer than allowed,
the call returns at once with the response that it has.

# Errors

Every failed call is an [*Error]: with status, code, message, request id and
attempts if a response came, with StatusCode 0 and the cause if none did. What it
means is asked with errors.Is, and whether to call again with [Retryable]:

	_, err := client.ResendWebhooks(ctx, req)
	switch {
	case ceffu.Retryable(err):                      // later
	case errors.Is(err, ceffu.ErrUnauthorized):     // key or signature: see the text
	case errors.Is(err, ceffu.ErrTimestampExpired): // this machine's clock
	}
	if e, ok := errors.AsType[*ceffu.Error](err); ok {
		log.Print(e.RequestID) // for Ceffu's support
	}

[ErrOutcomeUnknown] says that a resend may have been accepted. After a
cancellation errors.Is finds ctx.Err(), and the Error has the last response, if
there was one.

# Observing and tracing

[WithLogger] writes a line for each call and for each attempt that failed.
[WithObserver] tells your code of both, for metrics and spans. [WithTransport]
wraps the client's transport, for otelhttp or a recorder: a resend has no query,
and its credentials are in headers, which a tracer must not record.

# Testing your code

Package ceffutest is a Ceffu on loopback that checks signatures, clocks and
duplicates, delivers to your receiver, and fails on demand.

# What is not known

The window of timestamps, the rate limits, which status comes with which code,
whether a resend is carried out before the response, and what it does to a
suspended endpoint. The comments say so where it matters.

The package is one call, and larger than that: most of it is documentation,
options, and types that print without their secrets.

https://apidoc.ceffu.io/apidoc/shared-c9ece2c6-3ab4-4667-bb7d-c527fb3dbf78/api-3471801
*/
package ceffu
