package engine

import (
	"fmt"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// Shortfall says in one line what a unit lacks to be drained.
func Shortfall(u *ledger.Unit) string {
	s := Missing(u.Totals())
	switch {
	case s == "" && u.Unlisted > 0:
		return fmt.Sprintf("Celcoin counts %d more than it lists", u.Unlisted)
	case s == "" && u.Looked.IsZero():
		return "it has not been looked at since the last replay"
	case s == "" && !u.Drained():
		return "some are counted only, and have not been looked at"
	}
	return s
}

// Missing says in one line what is not delivered.
func Missing(t ledger.Totals) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{t.In[ledger.Pending], "pending"},
		{t.In[ledger.Failed], "failed"},
		{t.In[ledger.Sending] + t.In[ledger.Accepted] + t.In[ledger.Overdue], "replayed and not delivered"},
		{t.In[ledger.InDoubt], "in doubt"},
		{t.In[ledger.Unproven], "without evidence"},
		{t.In[ledger.Expired], "older than 7 days"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}
