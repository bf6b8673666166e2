// Package inbox receives the webhooks of Ceffu: [NewHandler] is an http.Handler
// that answers 200 only after your function has processed the event.
//
//	handler := inbox.NewHandler(func(ctx context.Context, e *inbox.Event) error {
//		return store(ctx, e.Key(), e.Raw) // nil too if the key is there already
//	})
//	http.Handle("POST /webhooks/"+secret, handler)
//
// # What is known
//
// That deliveries repeat, that only 200 counts, and that Test wants 200 within
// 10 seconds is documented. The shape of a message is not: it is known from one
// sample that somebody published in 2024. So everything but JSON itself may be
// missing, and [Event.Raw] has all that came.
//
// # Who sent it
//
// A message has a member sign, of which nothing is documented. Without
// [WithVerifier] anybody who knows the URL can POST an event. So:
//
//   - make the path a secret of at least 128 random bits, and keep it out of logs;
//   - let in only the addresses that Ceffu names to you;
//   - take an event as a hint: read amount and status from Ceffu's API, by the
//     order's id, before money moves.
//
// # Exactly once
//
// Ceffu delivers at least once. Keep [Event.Key] in the same transaction as the
// event's effects; package celcoin/celcoinsql/inboxsql, a module of its own, does so
// for PostgreSQL and SQLite, with the events of both vendors.
package inbox
