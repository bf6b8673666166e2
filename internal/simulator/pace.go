package simulator

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// errClosed ends what waits when the simulator closes.
var errClosed = errors.New("simulator: closed")

// bodyPieces is into how many pieces Fault.DelayBody cuts a body.
const bodyPieces = 8

// pause waits for d, or less if nobody waits for the answer any more.
func (c *Core) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	return c.await(ctx, timer.C)
}

// await waits for a tick, or for the end of the client or the simulator. A nil
// tick never comes.
func (c *Core) await(ctx context.Context, tick <-chan time.Time) error {
	select {
	case <-tick:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.life.Done():
		return errClosed
	}
}

// beforeHeaders lets pass what a fault puts before the status line, and then
// dates the answer. An error says that there is nobody to answer.
func (c *Core) beforeHeaders(ctx context.Context, a *answer) error {
	if a.hang {
		return c.await(ctx, nil)
	}
	if err := c.pause(ctx, a.delayHeaders); err != nil {
		return err
	}
	if a.noDate {
		a.header["Date"] = nil // which net/http takes for: leave it out
		return nil
	}
	if a.header != nil && a.header.Get("Date") == "" {
		a.header.Set("Date", c.now().Add(a.dateSkew).UTC().Format(http.TimeFormat))
	}
	return nil
}

// paced reads a body in pieces, with a pause between any two.
type paced struct {
	body  io.Reader
	piece int64 // bytes
	left  int64 // bytes of the current piece
	pause func() error
}

// pace cuts what leaves of a body into pieces, if it is to be slow.
func (a *answer) pace(pause func() error) io.Reader {
	body := io.LimitReader(a.body, a.sent)
	if a.delayBody <= 0 || a.sent == 0 {
		return body
	}
	piece := (a.sent + bodyPieces - 1) / bodyPieces
	return &paced{body: body, piece: piece, left: piece, pause: pause}
}

func (p *paced) Read(buf []byte) (int, error) {
	if p.left == 0 {
		if err := p.pause(); err != nil {
			return 0, err
		}
		p.left = p.piece
	}
	n, err := p.body.Read(buf[:min(int64(len(buf)), p.left)])
	p.left -= int64(n)
	return n, err
}
