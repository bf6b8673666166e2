package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// explain says what an error means and what to do, before what it says itself.
// The clients' own errors do that already where an answer came.
func (j *job) explain(err error) string {
	ofCelcoin, is := errors.AsType[*celcoin.Error](err)
	celcoinAnswered := is && ofCelcoin.StatusCode != 0
	ofCeffu, is := errors.AsType[*ceffu.Error](err)
	ceffuAnswered := is && ofCeffu.StatusCode != 0
	_, network := errors.AsType[net.Error](err)
	_, file := errors.AsType[*fs.PathError](err) // within are errors that could be of a network as well
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, recovery.ErrLocked):
		return fmt.Sprintf("another process is at work on this recovery; wait for it, or stop it (%v)", err)
	case errors.Is(err, recovery.ErrCorrupt):
		return fmt.Sprintf("the journal was damaged. Keep the file and plan anew, with another -id: what has arrived is not asked for again (%v)", err)
	case errors.Is(err, recovery.ErrTooManyItems):
		return fmt.Sprintf("%v. Raise -max-items, or narrow -from, -to or -entity", err)
	case errors.Is(err, recovery.ErrPlanChanged):
		return fmt.Sprintf("%v. Plan anew, with another -id", err)
	case celcoinAnswered, ceffuAnswered, file, errors.Is(err, errNotReady):
		return err.Error()
	case network:
		return fmt.Sprintf("no connection to the vendor; is the network up, and the base URL right? (%v)", err)
	}
	return err.Error()
}
