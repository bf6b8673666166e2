package celcoinotel

import (
	"context"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// Ceffu is the observer for ceffu.WithObserver: the same spans and metrics, with
// ceffu as the vendor.
func (o *Observer) Ceffu() ceffu.Observer {
	observer := *o
	observer.vendor = "ceffu"
	return ceffuObserver{&observer}
}

type ceffuObserver struct{ o *Observer }

func (w ceffuObserver) CallStart(ctx context.Context, c ceffu.Call) context.Context {
	return w.o.CallStart(ctx, celcoin.Call(c))
}

func (w ceffuObserver) CallDone(ctx context.Context, c ceffu.Call) {
	w.o.CallDone(ctx, celcoin.Call(c))
}

func (w ceffuObserver) AttemptStart(ctx context.Context, a ceffu.Attempt) context.Context {
	return w.o.AttemptStart(ctx, celcoin.Attempt(a))
}

func (w ceffuObserver) AttemptDone(ctx context.Context, a ceffu.Attempt) {
	w.o.AttemptDone(ctx, celcoin.Attempt(a))
}
