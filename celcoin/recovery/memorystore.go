package recovery

import (
	"context"
	"fmt"
	"sync"
)

// MemoryStore keeps journals as long as the program runs. A journal that was
// closed opens again with all that is in it; while it is open, opening it again
// is [ErrLocked].
//
// Journals are kept compressed: a million webhooks take some tens of megabytes.
// Nothing outlives the program, and a program that dies has forgotten what it
// asked for. This store is for trials and tests, and for recoveries that may
// begin again from nothing.
func MemoryStore() Store { return &memoryStore{kept: make(map[string]*memoryHistory)} }

type memoryStore struct {
	mu   sync.Mutex
	kept map[string]*memoryHistory
}

func (s *memoryStore) Open(ctx context.Context, id string) (Journal, error) {
	err := checkID(id)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("recovery: open journal: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	history := s.kept[id]
	if history == nil {
		history = &memoryHistory{}
		s.kept[id] = history
	}
	if history.held {
		return nil, fmt.Errorf("recovery: journal %s: %w", id, ErrLocked)
	}
	history.held = true
	return &memoryJournal{id: id, history: history, letGo: func() { s.letGo(history) }}, nil
}

func (s *memoryStore) Has(ctx context.Context, id string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("recovery: look for journal: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[id] != nil, nil
}

func (s *memoryStore) letGo(history *memoryHistory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	history.held = false
}
