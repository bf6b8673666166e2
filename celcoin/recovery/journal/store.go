// Package journal keeps append-only logs of opaque records, and small documents
// that many processes change. A recovery keeps in them what was planned, what
// was about to be sent, and what came of it: all that it needs to go on after a
// crash.
//
// [FileStore] keeps logs in files, [MemoryStore] as long as the program runs.
// Package recoverytest checks any other implementation.
//
// It is larger than a log needs to be, because its files are read without a lock
// while another process writes them, from read-only copies, and with jq, and
// because every byte that a crash or a disk may damage is told from one that was
// kept: no embedded database does that.
package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// Store keeps the logs of recoveries. A log has the ID of its recovery, 1 to 100
// letters, digits, '.', '_' or '-' that do not begin with '.', and a name within
// it, 1 to 200 bytes of UTF-8 without control characters. All methods are safe
// for concurrent use.
type Store interface {
	// Open opens a log for one holder at a time. A log that does not exist
	// begins with its first Append; Open alone makes none. While another holds
	// it, in this process or, where the store is shared, in another, the error
	// is [ErrLocked]. Ctx bounds the call, not the life of the Log.
	Open(ctx context.Context, recovery, name string) (Log, error)
	// Read yields the records of a log in their order. It takes no lock, so it
	// also reads a log that is held: it then yields a prefix that holds at least
	// what was appended before Read began. A log that does not exist has no
	// records. An error ends the sequence; it is [ErrCorrupt] if the log is
	// damaged. The slices are the caller's.
	Read(ctx context.Context, recovery, name string) iter.Seq2[[]byte, error]
	// List yields the names of the logs of a recovery that Append has begun, or
	// the IDs of the recoveries that have such logs if recovery is empty, in
	// no particular order. It takes no lock. An error ends the sequence.
	List(ctx context.Context, recovery string) iter.Seq2[string, error]
	// Update changes a document. It calls f with the document as it is, nil if
	// there is none, and keeps what f returns, durably, unless f returns an
	// error, which Update then returns, or nil, which changes nothing. No other
	// Update of that name, in any process that shares the store, takes effect
	// between what f was given and what it returned. Now is the store's clock.
	// F may run more than once: it must have no effects of its own, and must not
	// use the store. After an error of the store the change may stand all the same.
	//
	// Names of documents follow the rule for names of logs. They belong to no
	// recovery.
	Update(ctx context.Context, name string, f func(now time.Time, old []byte) (changed []byte, err error)) error
	// Delete removes all logs of a recovery. The error is [ErrLocked] if one of
	// them is held. For a recovery without logs it does nothing.
	Delete(ctx context.Context, recovery string) error
}

// Log is an open log. Append and Close are safe for concurrent use.
type Log interface {
	// Append adds records at the end, in their order. They outlive the program
	// when Append returns, and the machine if durable is set: then so do all
	// records before them. Append without records only makes those durable.
	//
	// After an error the Log is dead, and every further Append fails. The
	// records, or the first of them, may stand all the same: close it, open it
	// again and read. A ctx that has ended is such an error.
	Append(ctx context.Context, durable bool, records ...[]byte) error
	// Lost is closed before another can hold the log: when the lease is lost,
	// in stores that have leases, and by Close. It may be closed after an error of
	// Append, too.
	Lost() <-chan struct{}
	// Close lets the log go. It makes nothing durable. Closing again does
	// nothing.
	Close() error
}

// Cutter is a Log that says what Open has cut off. A crash can leave an end that
// was only partly written, none of which Append had confirmed as durable.
type Cutter interface {
	Log
	// Cut returns how many bytes were cut off behind the last sound record, 0 if none.
	Cut() int64
}

// The errors of stores.
var (
	// ErrLocked: another holder has the log open.
	ErrLocked = errors.New("the log is held by another")
	// ErrCorrupt: the log is damaged where it was known to be durable. Nothing
	// of it was changed. Restore the file, or begin a new recovery.
	ErrCorrupt = errors.New("the log is damaged")
	// ErrLost: the lease of the Log was lost, so that another may hold it.
	ErrLost = errors.New("the lease of the log is lost")
	// ErrClosed: the Log was closed.
	ErrClosed = errors.New("the log is closed")
)

// The longest ID and name, in bytes.
const (
	maxID   = 100
	maxName = 200
)

// CheckID checks the ID of a recovery, for implementations of [Store].
func CheckID(recovery string) error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if recovery == "" || len(recovery) > maxID || recovery[0] == '.' || strings.Trim(recovery, allowed) != "" {
		return fmt.Errorf("recovery ID %.100q is not 1 to %d letters, digits, '.', '_' or '-' that do not begin with '.'", recovery, maxID)
	}
	return nil
}

// CheckName checks the name of a log or of a document, for implementations of
// [Store].
func CheckName(name string) error {
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, control) {
		return fmt.Errorf("name %.200q is not 1 to %d bytes of UTF-8 without control characters", name, maxName)
	}
	return nil
}
