package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// lines is a file of events, one JSON object a line, each event once. Another
// payload of a known key is a line of its own, as nothing may be lost here. An
// event is on disk before it is answered with 200.
type lines struct {
	lock *flock.Flock
	max  int

	mu     sync.Mutex
	file   *os.File
	end    int64 // of the last whole line
	events map[[sha256.Size]byte]bool
	before int   // events when it was opened
	broken error // the file is in a state that is not known
}

// line is what is written of an event: recover listen's own key and time beside
// the payload as it came.
type line struct {
	Key      string          `json:"key"`
	Received time.Time       `json:"received"`
	Event    json.RawMessage `json:"event"`
}

// identity is what two deliveries of one event have in common.
func identity(e *inbox.Event) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(e.Key()+"\n"), e.Payload()...))
}

// maxEvents bounds the hashes in memory, and the file.
const maxEvents = 1_000_000

// errFull: the event stays pending at Celcoin.
var errFull = errors.New("the file has as many events as -max-items allows")

// openLines opens the file, or makes it, and reads its events back.
func openLines(path string, most int) (*lines, error) {
	if most == 0 {
		most = maxEvents
	}
	l := &lines{lock: flock.New(path + ".lock"), max: most, events: map[[sha256.Size]byte]bool{}}
	if ok, err := l.lock.TryLock(); err != nil || !ok {
		return nil, errors.Join(fmt.Errorf("%s is in use by another recover listen, or its lock cannot be made", path), err)
	}
	if err := l.open(path); err != nil {
		l.close() //nolint:errcheck,gosec // nothing was written
		return nil, err
	}
	return l, nil
}

// open reads the events. A last line that was cut was never answered with 200, and
// is taken out.
func (l *lines) open(path string) (err error) {
	if l.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil { //nolint:gosec // the command line says where
		return err
	}
	r := bufio.NewReaderSize(l.file, 1<<20)
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && cut(text) {
			break
		}
		var one line
		var e *inbox.Event
		if err == nil {
			err = json.Unmarshal(text, &one)
		}
		if err == nil {
			e, err = inbox.Parse(one.Event)
		}
		if err != nil || one.Key == "" {
			return fmt.Errorf("%s, line %d is not a line of recover listen: keep the file, and give another with -out", path, n)
		}
		l.events[identity(e)] = true
		l.end += int64(len(text))
	}
	l.before = len(l.events)
	return l.file.Truncate(l.end)
}

// cut tells whether a text can be what a crash left of a line: its beginning, or
// zeros where a disk had not got to. Anything else is not this program's to remove.
func cut(text []byte) bool {
	begin := []byte(`{"key":"`)
	n := min(len(text), len(begin))
	return bytes.Equal(text[:n], begin[:n]) || len(bytes.Trim(text, "\x00")) == 0
}

// process is the inbox's: nil says that the event is on disk.
func (l *lines) process(_ context.Context, e *inbox.Event) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	raw := bytes.TrimPrefix(e.Raw, []byte("\xef\xbb\xbf")) // a byte order mark is no JSON
	if err := encoder.Encode(line{e.Key(), time.Now().UTC(), raw}); err != nil {
		return errors.New("the payload cannot be written as JSON")
	}
	id := identity(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.broken != nil:
		return l.broken
	case l.events[id]:
		return nil
	case len(l.events) >= l.max:
		return errFull
	}
	if _, err := l.file.WriteAt(text.Bytes(), l.end); err != nil {
		l.broken = l.file.Truncate(l.end) // with room again, the next event finds a sound file
		return err
	}
	if err := l.file.Sync(); err != nil { // what is on disk now is not known: a second Sync may say nothing of it
		l.broken = fmt.Errorf("stopped: %w", err)
		return err
	}
	l.end += int64(text.Len())
	l.events[id] = true
	return nil
}

func (l *lines) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.events)
}

func (l *lines) added() int { return l.size() - l.before }

func (l *lines) close() error {
	var err error
	if l.file != nil {
		err = l.file.Close()
	}
	return errors.Join(err, l.lock.Unlock())
}
