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
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// lines is a file of events, one JSON object a line, each event once. Another
// payload of a known key is a line of its own, as nothing may be lost here. An
// event is on disk before it is answered with 200.
type lines struct {
	lock   *flock.Flock
	max    int
	before int // events when it was opened

	mu     sync.Mutex
	file   *os.File
	end    int64 // of the last whole line
	events map[[sha256.Size]byte]bool
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

// openLines opens the file, or makes it, and reads its events back. Then it syncs
// the folder: without that a crash can lose the name of a new file, with all that
// was answered with 200.
func openLines(path string, most int, syncFolder func(string) error) (l *lines, err error) {
	if most == 0 {
		most = maxEvents
	}
	l = &lines{lock: flock.New(path + ".lock"), max: most, events: map[[sha256.Size]byte]bool{}}
	if ok, err := l.lock.TryLock(); err != nil || !ok {
		return nil, errors.Join(fmt.Errorf("%s is in use by another recover listen, or its lock cannot be made", path), err)
	}
	if l.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err == nil { //nolint:gosec // the command line says where
		err = l.read()
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	l.before = len(l.events)
	return l, nil
}

// syncFolder makes the names in a folder durable. On Windows and on some file
// systems a folder cannot be synced.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the command line says where
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// read reads the events. A last line that was cut was never answered with 200, and
// is taken out.
func (l *lines) read() error {
	r := bufio.NewReaderSize(l.file, 1<<20)
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && cut(text) {
			return l.file.Truncate(l.end)
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
			return fmt.Errorf("%s, line %d is not a line of recover listen: keep the file, and give another with -out", l.file.Name(), n)
		}
		l.events[identity(e)] = true
		l.end += int64(len(text))
	}
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
	raw := bytes.TrimPrefix(e.Raw, []byte("\xef\xbb\xbf")) // a byte order mark is not JSON
	if err := encode(&text, line{e.Key(), time.Now().UTC(), raw}, ""); err != nil {
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
		return errors.New("the file has as many events as -max-items allows") // it stays pending at Celcoin
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

func (l *lines) close() error {
	var err error
	if l.file != nil {
		err = l.file.Close()
	}
	return errors.Join(err, l.lock.Unlock())
}
