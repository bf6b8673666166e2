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
	return &memoryStore{logs: make(map[string]map[string]*memoryRecords), documents: make(map[string][]byte)}
}

type memoryStore struct {
	mu        sync.Mutex
	logs      map[string]map[string]*memoryRecords // by recovery and name
	documents map[string][]byte
}

type memoryRecords struct {
	records [][]byte // only appended to, so that a copy of the slice is a snapshot
	begun   bool
	held    bool
}

func (s *memoryStore) Open(ctx context.Context, recovery, name string) (Log, error) {
	err := errors.Join(CheckID(recovery), CheckName(name))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("journal: open log: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.logs[recovery]
	if names == nil {
		names = make(map[string]*memoryRecords)
		s.logs[recovery] = names
	}
	r := names[name]
	if r == nil {
		r = new(memoryRecords)
		names[name] = r
	}
	if r.held {
		return nil, fmt.Errorf("journal: open log %s/%s: %w", recovery, name, ErrLocked)
	}
	r.held = true
	return &memoryLog{store: s, records: r, lost: make(chan struct{})}, nil
}

func (s *memoryStore) Read(ctx context.Context, recovery, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := errors.Join(CheckID(recovery), CheckName(name)); err != nil {
			yield(nil, fmt.Errorf("journal: read log: %w", err))
			return
		}
		s.mu.Lock()
		var records [][]byte
		if r := s.logs[recovery][name]; r != nil {
			records = r.records
		}
		s.mu.Unlock()
		for _, r := range records {
			if err := ctx.Err(); err != nil {
				yield(nil, fmt.Errorf("journal: read log %s/%s: %w", recovery, name, err))
				return
			}
			if !yield(slices.Clone(r), nil) {
				return
			}
		}
	}
}

func (s *memoryStore) List(ctx context.Context, recovery string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := ctx.Err(); err != nil {
			yield("", fmt.Errorf("journal: list: %w", err))
			return
		}
		for _, name := range s.names(recovery) {
			if !yield(name, nil) {
				return
			}
		}
	}
}

// names lists the logs of a recovery, or the recoveries if it is empty.
func (s *memoryStore) names(recovery string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	if recovery != "" {
		for name, r := range s.logs[recovery] {
			if r.begun {
				names = append(names, name)
			}
		}
		return names
	}
	for id, logs := range s.logs {
		if slices.ContainsFunc(slices.Collect(maps.Values(logs)), func(r *memoryRecords) bool { return r.begun }) {
			names = append(names, id)
		}
	}
	return names
}

func (s *memoryStore) Update(ctx context.Context, name string, f func(now time.Time, old []byte) ([]byte, error)) error {
	err := CheckName(name)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("journal: update: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed, err := f(time.Now(), bytes.Clone(s.documents[name]))
	if err == nil && changed != nil {
		s.documents[name] = bytes.Clone(changed)
	}
	return err
}

func (s *memoryStore) Delete(ctx context.Context, recovery string) error {
	err := CheckID(recovery)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("journal: delete: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, r := range s.logs[recovery] {
		if r.held {
			return fmt.Errorf("journal: delete %s: log %s: %w", recovery, name, ErrLocked)
		}
	}
	delete(s.logs, recovery)
	return nil
}

type memoryLog struct {
	store   *memoryStore
	records *memoryRecords
	lost    chan struct{}
	failed  error
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
		// An empty record is not a missing one.
		l.records.records = append(l.records.records, append([]byte{}, r...))
		l.records.begun = true
	}
	return nil
}

func (l *memoryLog) Lost() <-chan struct{} { return l.lost }

func (l *memoryLog) Close() error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	select {
	case <-l.lost:
	default:
		l.failed = ErrClosed
		close(l.lost)
		l.records.held = false
	}
	return nil
}
