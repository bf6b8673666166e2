package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
)

// receiver takes the webhooks of both vendors. As any receiver should, it
// expects some of them twice.
type receiver struct {
	up      atomic.Bool
	refused atomic.Int64 // deliveries while it was down

	mu   sync.Mutex
	seen map[string]map[string]bool // by entity or event type, the distinct webhooks
}

// healthPath says whether the receiver is up.
const healthPath = "/health"

func newReceiver() *receiver { return &receiver{seen: map[string]map[string]bool{}} }

// notification has the members of both vendors' messages that tell them apart.
type notification struct {
	Entity    string `json:"entity"`    // Celcoin
	WebhookID string `json:"webhookId"` // Celcoin: of the transaction; Ceffu: of the webhook
	Status    string `json:"status"`
	Event     string `json:"event"` // Ceffu
	Data      struct {
		OrderViewID string `json:"orderViewId"`
	} `json:"data"`
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == healthPath {
		if !r.up.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return
	}
	if !r.up.Load() {
		r.refused.Add(1)
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	var n notification
	if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, 1<<20)).Decode(&n); err != nil {
		http.Error(w, "not a webhook", http.StatusBadRequest)
		return
	}
	kind := n.Entity + n.Event // a message has one of them
	r.mu.Lock()
	if r.seen[kind] == nil {
		r.seen[kind] = map[string]bool{}
	}
	r.seen[kind][n.WebhookID+" "+n.Status+" "+n.Data.OrderViewID] = true
	r.mu.Unlock()
	w.WriteHeader(http.StatusOK) // exactly 200: both vendors take anything else for a failure
}

// arrived counts the distinct webhooks of an entity or event type.
func (r *receiver) arrived(kind string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen[kind])
}
