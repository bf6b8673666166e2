// Package celcointest is a Celcoin to test against: a server that keeps webhooks, answers the
// token call and the three calls of "Reenvio de Webhook", and really delivers what is replayed.
//
//	server := celcointest.NewServer(t, celcointest.WithReceiver(myHandler))
//	err := server.AddMissed(celcoin.EntityPixPaymentIn, 600, anHourAgo, now)
//	...
//	client, err := server.Client()
//	...
//	// the code under test counts, lists and replays through client
//	server.Settle()
//	server.Pending(celcoin.EntityPixPaymentIn) // 0, if it does its job
//
// # What is known and what is assumed
//
// Celcoin's documentation leaves much open. The server behaves as documented, otherwise as
// integrators saw, and otherwise as seems likely; the comment of each option says which. Where
// a question is open there is an option for the other answer, and code that is to survive
// production should pass with both. Above all: [WithPendingHidden], [WithTrueDates],
// [WithShiftedDates], [WithLimitIgnored], [WithDefaultLimit], [WithAgeLimit], [WithOldRefused],
// [WithBulkReplay], [WithSingleToken] and [WithUnknownEntityEmpty]. Texts of errors are made
// up: match on codes.
//
// # Misbehaviour
//
// Off unless a test asks for it:
//
//   - a listing that does not hold still: [WithMovingSet], [WithUnstableTies], [WithListingCap]
//   - replays that go wrong: [WithFailedReplayStatus], [Server.IgnoreReplays], [WithReplayAnswer],
//     [WithLostReplays], [WithDoubledReplays], [WithBlocking]
//   - deliveries that are slow or out of order: [WithReplayDelay], [WithReplayPace], [WithReplaySpread]
//   - entities: [EntityHangs], [EntityTimesOut], [EntityMute], [EntityRefused], [ForEntity]
//   - rows: CreateDate, NullID, PayloadStatus and any ID of a [Webhook], Response of a [Batch]
//   - a token endpoint that is down or picky: [Server.SetTokenDown], [WithTokenMultipartOnly]
//   - TLS that names other authorities than it trusts: [WithAnnouncedCAs]
//   - answers of any kind, delays, resets before and after a request was carried out, any
//     Retry-After, a wrong Date or none: [Server.Inject]
//
// # Delivery and time
//
// A replay is accepted first and delivered later, one after another, to the URL of
// [Server.Subscribe] or the handler of [WithReceiver], with HTTP Basic and no signature.
// Only HTTP 200 counts; then PENDENTE becomes ENVIADO.
//
// All dates come from the server's clock. A server that is started inside a testing/synctest
// bubble opens no socket: its clients go through Server.Transport, its deliveries to
// [WithReceiver], and days pass in no time. Two servers are two environments.
package celcointest
