package recovery

import (
	"strings"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// Progress is how far a plan or run has come.
type Progress struct {
	ID   string
	Step string // "counting", "listing", "replaying", "verifying", "waiting for the receiver", "waiting for deliveries"
	// Done of Of are units, or webhooks where they are replayed. Zero of zero:
	// not known.
	Done, Of int
	Totals   Totals
}

func (r *Recoverer) tell(b *book, step string, done, of int) {
	if r.o.progress != nil {
		r.progress(Progress{ID: b.request.ID, Step: step, Done: done, Of: of, Totals: b.totals()})
	}
}

// progress keeps recoveries that run at once from telling at once.
func (r *Recoverer) progress(p Progress) {
	r.telling.Lock()
	defer r.telling.Unlock()
	r.o.progress(p)
}

// maxError is how much of an error's text is kept.
const maxError = 300

// oneLine is an error's text for a journal or a report.
func oneLine(err error) string {
	return strings.Join(strings.Fields(redact.Text(err.Error(), maxError)), " ")
}
