/*
Package ceffu asks Ceffu, a custodian of crypto assets, to send again the
webhook notifications that it failed to deliver.

Ceffu retries a notification for 2 hours and 50 minutes (after 30, 120, 480,
1920 and 7680 seconds) and then gives up. If your receiver was down for longer,
the deposits and withdrawals of that time were never announced. One call brings
the notifications back, for one webhook and one event type:

	creds, err := ceffu.CredentialsFromEnv()
	...
	client, err := ceffu.New(creds)
	...
	for _, event := range ceffu.EventTypes() {
		_, err := client.ResendWebhooks(ctx, ceffu.ResendRequest{
			WebhookID: "1721442311151521794",
			EventType: event,
			From:      downSince,
		})
		...
	}

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
as a lost answer and is retried, while the caller's time lasts.

# Retries

A resend asks again for what failed, and duplicates are documented, so it may be
repeated:

	not sent (no connection, no TLS)                     retry
	429, G20012, 503 with Retry-After                    retry
	other 5xx, G20001, 408                               retry
	lost answer (timeout, reset, cut body)               retry
	G20007 timestamp expired                             once, by the clock of the answer's Date
	G20015 duplicated request                            once
	anything else                                        no

Ceffu's code counts before the HTTP status: a G20012 inside a 200 is a rate
limit. Each attempt is signed anew, over a fresh timestamp; timestamps increase
strictly over all goroutines, since Ceffu takes an equal signature for a
duplicate.

The wait is drawn evenly between nothing and a ceiling that starts at 500 ms,
doubles with each retry and ends at 30 s; a Retry-After of up to 2 minutes is
waited for instead. [WithRetryPolicy] and [WithMaxRetries] change this. If the
wait would outlive the context's deadline, or the hint is longer than allowed,
the call returns at once with the answer that it has.

# Errors

An answer that is no success is an [*Error], with status, code, message, request
id and attempts. What it means is asked with errors.Is:

	_, err := client.ResendWebhooks(ctx, req)
	switch {
	case errors.Is(err, ceffu.ErrRateLimited):      // later
	case errors.Is(err, ceffu.ErrUnauthorized):     // key or signature: see the text
	case errors.Is(err, ceffu.ErrTimestampExpired): // this machine's clock
	case errors.Is(err, ceffu.ErrOutcomeUnknown):   // it may have been accepted
	}
	if e, ok := errors.AsType[*ceffu.Error](err); ok {
		log.Print(e.RequestID) // for Ceffu's support
	}

A call that got no answer (connection, TLS, reset) wraps the cause and is no
[*Error]. After a cancellation, errors.Is finds ctx.Err() and errors.As the last
answer, if there was one.

# Testing your code

Package ceffutest is a Ceffu on loopback that checks signatures, clocks and
duplicates, delivers to your receiver, and fails on demand.

# What is not known

The window of timestamps, the rate limits, which status comes with which code,
whether a resend is carried out before the answer, and what it does to a
suspended endpoint. The comments say so where it matters.

https://apidoc.ceffu.io/apidoc/shared-c9ece2c6-3ab4-4667-bb7d-c527fb3dbf78/api-3471801
*/
package ceffu
