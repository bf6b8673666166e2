package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"
)

// MemoryStore keeps logs and documents as long as the program runs. A program
// that dies has forgotten what it sent: this store is for trials and tests, and
// for recoveries that may begin again from nothing.
func MemoryStore() Store {
	return &memoryStore{logs: make(map[memoryID]*memoryRecords), documents: make(map[string][]byte)}
}

type memoryStore struct {
	mu        sync.Mutex
	logs      map[memoryID]*memoryRecords
	documents map[string][]byte
}

type memoryID struct{ recovery, name string }

type memoryRecords struct {
	records [][]byte // only appended to, so that a copy of the slice is a snapshot
	held    bool
}

func (s *memoryStore) Open(ctx context.Context, recovery, name string) (_ Log, err error) {
	defer wrap(&err, "open %.100q/%.200q", recovery, name)
	if err := errors.Join(CheckID(recovery), CheckName(name), ctx.Err()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := memoryID{recovery, name}
	if s.logs[id] == nil {
		s.logs[id] = new(memoryRecords)
	}
	if s.logs[id].held {
		return nil, ErrLocked
	}
	s.logs[id].held = true
	return &memoryLog{store: s, log: s.logs[id], lost: make(chan struct{})}, nil
}

func (s *memoryStore) Read(ctx context.Context, recovery, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		err := errors.Join(CheckID(recovery), CheckName(name), ctx.Err())
		if wrap(&err, "read %.100q/%.200q", recovery, name); err != nil {
			yield(nil, err)
			return
		}
		s.mu.Lock()
		var records [][]byte
		if log := s.logs[memoryID{recovery, name}]; log != nil {
			records = log.records
		}
		s.mu.Unlock()
		for _, r := range records {
			if !yield(slices.Clone(r), nil) {
				return
			}
		}
	}
}

func (s *memoryStore) List(ctx context.Context, recovery string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := ctx.Err()
		if wrap(&err, "list"); err != nil {
			yield("", err)
			return
		}
		names := make(map[string]bool)
		s.mu.Lock()
		for id, log := range s.logs {
			switch {
			case len(log.records) == 0: // not begun
			case recovery == "":
				names[id.recovery] = true
			case recovery == id.recovery:
				names[id.name] = true
			}
		}
		s.mu.Unlock()
		for name := range names {
			if !yield(name, nil) {
				return
			}
		}
	}
}

func (s *memoryStore) Update(ctx context.Context, name string, f func(now time.Time, old []byte) ([]byte, error)) error {
	err := errors.Join(CheckName(name), ctx.Err())
	if wrap(&err, "update %.200q", name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed, err := f(time.Now(), bytes.Clone(s.documents[name]))
	if err == nil && changed != nil {
		s.documents[name] = bytes.Clone(changed)
	}
	return err
}

func (s *memoryStore) Delete(ctx context.Context, recovery string) (err error) {
	defer wrap(&err, "delete %.100q", recovery)
	if err := errors.Join(CheckID(recovery), ctx.Err()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, log := range s.logs {
		if id.recovery == recovery && log.held {
			return fmt.Errorf("log %s: %w", id.name, ErrLocked)
		}
	}
	maps.DeleteFunc(s.logs, func(id memoryID, _ *memoryRecords) bool { return id.recovery == recovery })
	return nil
}

type memoryLog struct {
	store  *memoryStore
	log    *memoryRecords
	lost   chan struct{}
	failed error
}

func (l *memoryLog) Append(ctx context.Context, _ bool, records ...[]byte) error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	if l.failed == nil {
		l.failed = ctx.Err()
	}
	if l.failed != nil {
		return fmt.Errorf("journal: append: %w", l.failed)
	}
	for _, r := range records {
		l.log.records = append(l.log.records, append([]byte{}, r...)) // an empty record is not a missing one
	}
	return nil
}

func (l *memoryLog) Lost() <-chan struct{} { return l.lost }

func (l *memoryLog) Close() error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	if !errors.Is(l.failed, ErrClosed) {
		l.failed, l.log.held = ErrClosed, false
		close(l.lost)
	}
	return nil
}
