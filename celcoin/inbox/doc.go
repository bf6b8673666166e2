// Package inbox receives the webhooks of Celcoin: [NewHandler] is an
// http.Handler that answers 200 only after your function has processed the event.
//
//	handler := inbox.NewHandler(func(ctx context.Context, e *inbox.Event) error {
//		return store(ctx, e.Key(), e.Raw) // nil too if the key is there already
//	}, inbox.WithBasicAuth(login, password))
//	http.Handle("POST /webhooks/celcoin", handler)
//
// Celcoin's webhooks have no signature: who sent one is told by the login and
// the password alone, which are given to Celcoin at registration. Serve HTTPS.
//
// # Exactly once
//
// Deliveries repeat, by Celcoin itself and by a replay. Two of them are of one
// event if [Event.Key] is the same. Keep the key in the same transaction as the
// event's effects; package celcoin/celcoinsql/inboxsql, a module of its own,
// does so for PostgreSQL and SQLite. Keep keys for at least 30 days: a replay is
// possible for 7 days after the transaction, and how long Celcoin itself goes on
// is not documented.
//
// # Money
//
// Amounts are in reais, as JSON numbers: [PixPayment] has them as json.Number,
// which keeps every digit. Do not read them into a float64.
//
// # What was missed
//
// [Deliver] and [PostTo] take webhooks that were fetched by their details, with
// the same payload as Celcoin would send: see recovery.WithPull.
package inbox
