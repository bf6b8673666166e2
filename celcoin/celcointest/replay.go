package celcointest

import (
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// replay accepts webhooks for delivery and answers how many: those delivered
// before as well, unless only pending ones are asked for. That pending webhooks
// may be hidden from queries does not concern it.
func (v *vendor) replay(q query, now time.Time) simulator.Reply {
	if q.webhookID == "" && !v.cfg.bulkReplay {
		return badRequest(codeField, "missing webhookId").reply()
	}
	if refused := v.tooWide(q); refused != nil {
		return refused.reply()
	}
	wanted, refused := v.recent(v.criteria(q), now)
	if refused != nil {
		return refused.reply()
	}
	found := v.ledger.find(wanted)
	numbers := found.page(0, found.total(), false)
	numbers = slices.DeleteFunc(numbers, func(number int32) bool {
		return len(v.ignored) > 0 && v.ignored[v.ledger.webhook(found.shelf, number).ID]
	})
	total := len(numbers)
	if total == 0 {
		if v.cfg.emptyReplayNotFound {
			return (&refusal{status: http.StatusNotFound, code: codeNothing, verdict: "nothing matches"}).reply()
		}
		return enveloped(q.summary(0), v.cfg.replayAnswer)
	}
	if _, subscribed := v.subscription(q.entity); !subscribed {
		return (&refusal{status: http.StatusNotFound, code: codeSubscription, verdict: "no subscription"}).reply()
	}
	v.accept(found.shelf, numbers, now.Add(v.cfg.replayDelay))
	return enveloped(q.summary(total), v.cfg.replayAnswer)
}
