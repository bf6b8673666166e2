// Package ceffutest is a Ceffu to test against: a server that checks signatures, clocks and
// duplicates as Ceffu is known to, keeps failed notifications, really POSTs them when they are
// resent, misbehaves on demand, and remembers every request that it saw.
//
//	server := ceffutest.NewServer(t)
//	hook, err := server.AddWebhook(ceffutest.Webhook{URL: receiver.URL})
//	// ...
//	err = server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, EventType: ceffu.DepositSuccess, Count: 20})
//	// ...
//	client, err := server.Client()
//	// ...
//	// the code under test resends through client
//	server.Settle() // by default a resend is asynchronous
//	// the receiver has seen twenty notifications.
//
// # What is known of Ceffu, and what is not
//
// Documented are the call, its signature, the codes up to G20018 and their messages, that only
// HTTP 200 counts as delivered, the retries after 30, 120, 480, 1920 and 7680 seconds, and the
// suspension after 500 failures a UTC day.
//
// Everything else is a guess: the windows of timestamps and duplicates, rate limits, the HTTP
// status of each code, whether a resend is synchronous, what it leaves failed, and what it does
// for a suspended or an unknown webhook. Each has an option that changes it, and code that is
// right about Ceffu works under every setting. The order of the checks and the message that
// Ceffu sends are guesses without an option.
//
// # Misbehaviour and time
//
// [Server.Inject] adds a [Fault]: a status, a code, a delay, a lost answer, a cut body, garbage.
// Code "000000" is a success whose data is null, which a resend that was not accepted may look
// like. Server.Requests and Server.Deliveries tell what happened.
//
// All dates come from the clock of [WithClock]. A server that is started inside a
// testing/synctest bubble opens no socket: its clients go through Server.Transport, its
// deliveries to the handler of [WithReceiver], and hours of retries pass in no time.
package ceffutest
