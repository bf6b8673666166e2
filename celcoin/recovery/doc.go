/*
Package recovery gets everything back that a receiver of Celcoin's webhooks
missed, gently, and tells when nothing is missing any more. It plans, replays
and proves, and survives a crash at any moment.

	client, err := celcoin.New(creds, celcoin.WithBaseURL(celcoin.ProductionURL), ...)
	...
	recoverer, err := recovery.New(client,
		recovery.WithStore(recovery.FileStore("recoveries")),
		recovery.WithRate(20, 20),
		recovery.WithGate(receiverIsUp),
	)
	...
	report, err := recoverer.Recover(ctx, recovery.Request{
		Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut},
		From:     time.Date(2026, 1, 31, 1, 10, 0, 0, brasilia),
		To:       time.Date(2026, 1, 31, 2, 55, 0, 0, brasilia),
	})
	...
	report.WriteText(os.Stdout)

# Plan

[Recoverer.Plan] asks, and never replays. The outage is cut into windows; what is
pending in each is listed page by page into a journal. Nothing is replayed while
pages are read, since the set would shrink under them. The plan says how many
webhooks of each entity were missed, how many are older than the 7 days in which
Celcoin replays them (they are named, and never tried), how many will be before
the rate reaches them, and how many calls and how much time the rest takes. Its
digest stands for every item: [Recoverer.Run] refuses a plan that has changed.

# Run

The gate is asked first and between batches. A few canaries are proven delivered
before the rest is asked for; then the soonest to expire go first. In the journal,
the intent to replay is durable before the request leaves, and the outcome is
noted when it is known. So after a crash every item is either done, or not
begun, or in doubt; what is in doubt is looked up, and asked for again only if it
is still pending. Nothing is lost, and no more webhooks arrive twice than
requests were under way.

The rate and the concurrency hold for all entities together. A 429, and a
Retry-After, slow everything down. A webhook that does not get through is tried
three times, after all others, and reported. A receiver that stays broken ends
the run before Celcoin blocks the entity: see [WithFailureLimit].

# Verify

An accepted replay is not a delivery. After a settle time the windows are read
again, until nothing of the plan is pending, twice, some time apart. With
[WithReceived] the receiver's own word counts more than Celcoin's. Webhooks that
became pending during the run are counted apart.

# Resume

When ctx ends, no new replay is sent, those under way settle within a grace, and
the report comes back with ctx's error. [Recoverer.Resume], or Recover with the
same ID, goes on, in this process or in another. [FileStore] locks out a second
process meanwhile.

# Clocks

Whether a webhook is too old is judged by Celcoin's clock, taken from its
answers' Date, if ours is off by more than 30 seconds; and by the less favourable
reading of the webhook's date, see [celcoin.Timestamp]: rather named as expired
than silently lost. What Celcoin does with a window that reaches an older one is
not documented: where it refuses such a window, the window is halved until the
younger part is taken.

# Limits

An item stands for all webhooks of one id and entity, in all windows; while any
of them is seen pending, it is not recovered.

Nor is it documented what the date of a webhook's last update tells. Where it
changes with a try, a failed delivery is seen at once. Where it changes already
when the replay is accepted, which shows when the first of them arrives, failures
are only seen at the end of the settle time, and that must be longer than
deliveries take.

A replay that has not been delivered within the settle time is late. It may be
asked for again, and so arrive twice: choose [WithSettle] with room to spare.
Until it is known what became of it, it takes up room of [WithFailureLimit].

For the same reason no more replays of an entity are on their way at once than
may still fail. Where Celcoin takes its time to deliver, that bounds the speed,
whatever the rate: with the limit of 40 and deliveries that take 2 seconds, to
about 20 a second of each entity.

Each call of [Recoverer.RunUnit] reads the journal from its beginning, about 10
seconds for a million webhooks.
*/
package recovery
