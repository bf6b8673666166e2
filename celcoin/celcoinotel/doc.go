/*
Package celcoinotel traces and measures the calls of package celcoin with
OpenTelemetry, and those of package ceffu through [Observer.Ceffu]:

	observer, err := celcoinotel.NewObserver()
	client, err := celcoin.New(creds, celcoin.WithBaseURL(url), celcoin.WithObserver(observer))

It follows the semantic conventions for HTTP clients, version 1.43.0. It is larger
than a wrapper, because each attribute is chosen by hand, so that nothing personal
is exported, and because the gauges of a watch outlive a look that fails.

# Spans

A call is one span, whatever it takes: the wait for a token, attempts, retries.
Its name is the vendor and the operation, its kind INTERNAL:

	celcoin count webhooks        celcoin list webhooks (one a page)
	celcoin replay webhooks       celcoin token
	celcoin pix payment status    celcoin pix receipt status
	ceffu resend webhooks

	reenvio.vendor        celcoin or ceffu
	reenvio.operation     count webhooks
	reenvio.attempts      number of requests; 0 if none was sent
	reenvio.outcome       of the last attempt: one of the Outcome constants
	error.type            of a failed call: the category of its error (rate limited), else the outcome

Each attempt is a child of its call, with the method and the path's template for
a name (GET /common/v1/webhook/replay/{product}/{entity}), and of the kind
CLIENT:

	http.request.method        GET, POST or PUT
	server.address             host of the base URL
	server.port                its port; 443 if it has none, left out on loopback
	url.template               path beneath the base URL, without its arguments
	http.request.resend_count  from the second attempt on: 1, 2, …
	http.response.status_code  if there was a response
	error.type                 of a failed attempt: the status from 400 on, else the outcome
	reenvio.vendor             celcoin or ceffu
	reenvio.operation          count webhooks
	reenvio.outcome            one of the Outcome constants
	reenvio.code               the vendor's code (CIE999), if the text looks like one
	reenvio.wait               seconds until the next attempt, if there is one and it waits

A failed call and a failed attempt have the status Error, without a description.
The 404 with which Celcoin says that a search found nothing is not a failure.
The span of a token call is a child of the call that began it. Other calls may
wait for the same token, so it can end after its parent.

The conventions also want url.full. It is left out: a real URL has document
numbers and webhook ids in it, and an observer is told of neither. For the same
reason there are neither span events nor headers nor texts of errors.

# Metrics

Histograms, all in seconds, and one counter:

	http.client.request.duration  s        an attempt, by http.request.method, server.address, server.port,
	                                       url.template, http.response.status_code, error.type;
	                                       the buckets are those of the conventions
	reenvio.call.duration         s        a call with its waits, by reenvio.vendor, reenvio.operation,
	                                       reenvio.outcome, error.type; its count is the number of calls
	reenvio.call.retries          {retry}  attempts after the first, by reenvio.vendor, reenvio.operation
	reenvio.call.wait             s        a wait before a retry, by reenvio.vendor, reenvio.operation

And gauges of what a watch of package recovery has seen, once [Observer.Watched]
was called:

	reenvio.recovery.pending       {webhook}  pending at the last look and older than its grace, by reenvio.entity
	reenvio.recovery.oldest_age    s          age of the oldest of them, by the earlier reading of its date; 0: there are none
	reenvio.recovery.first_expiry  s          time until Celcoin stops to replay the first of them,
	                                          negative once it has; no value: there are none
	reenvio.recovery.last_success  s          when all entities were last asked in full, in Unix time; 0: never

Ages are computed when they are collected, so they grow while no look succeeds.
An entity that could not be asked keeps what was seen of it before; one that is
not watched any more shows 0.

Every attribute has a small, fixed set of values, so the number of time series
does not grow with the webhooks.

The request of an attempt has the context of the attempt's span: see the example
of the package for a transport that sends it on. Package otelhttp works there
too, but writes the whole URL into url.full, and with it document numbers and
ids, and records http.client.request.duration a second time.
*/
package celcoinotel
