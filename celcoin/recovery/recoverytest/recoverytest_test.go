package recoverytest

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestASoundStorePasses(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) recovery.Store { return &sloppyStore{} })
	RunShared(t, func(*testing.T) func() recovery.Store {
		s := &sloppyStore{}
		return func() recovery.Store { return s }
	})
}

// Each fault is one that a real store could have.
func TestEveryFaultIsFoundByItsRule(t *testing.T) {
	t.Parallel()
	broken := map[string]bool{"Read is safe beside Read and Append": true} // the race detector's
	for fault, rule := range map[string]string{
		"remembers what was there before":   "a new journal is empty",
		"forgets the skew":                  "every field of an entry is kept",
		"reverses what is added at once":    "entries come in the order of their appending, at increasing positions",
		"gives equal positions":             "entries come in the order of their appending, at increasing positions",
		"reads the entry after it":          "Read finds the entry at each position",
		"reads what is not there":           "Read at no entry's position is an error",
		"adds something for nothing":        "appending nothing adds nothing",
		"adds what it can of a failure":     "an append that fails adds nothing",
		"forgets when closed":               "a journal that is closed and opened again has everything",
		"goes through it only once":         "going through the journal can stop anywhere and begin again",
		"stops at a thousand":               "many entries",
		"cuts texts":                        "large entries",
		"drops control characters":          "any text",
		"keeps microseconds":                "times keep their instant",
		"drops kinds that it does not know": "kinds that are not known are kept",
		"keeps the caller's slices":         "what the caller changes later does not change the journal",
		"has one journal for all":           "journals of different ids have nothing in common",
		"locks nothing":                     "a journal that is held is locked",
		"has everything":                    "Has finds what Open has made, and makes nothing",
		"says locked in other words":        "a journal that is held is locked",
		"lets go when another is refused":   "a journal that is held is locked",
		"never lets go":                     "a journal that is held is locked",
		"appends after Close":               "a closed journal gives errors",
		"lets go twice":                     "a closed journal gives errors",
		"looks at no context":               "an ended context is honoured",
	} {
		broken[rule] = true
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(checks, func(c check) bool { return c.rule == rule })
			require.GreaterOrEqual(t, i, 0, "no such rule")
			err := checks[i].holds(t.Context(), &sloppyStore{fault: fault})
			require.Error(t, err)
			t.Log(err)
		})
	}
	assert.Len(t, broken, len(checks), "every rule has a fault")
}

func TestTheFullEntryHasEveryField(t *testing.T) {
	t.Parallel()
	var look func(path string, v reflect.Value)
	look = func(path string, v reflect.Value) {
		assert.False(t, v.IsZero(), path)
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				look(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	look("Entry", reflect.ValueOf(full()))
}

// sloppyStore keeps entries as they are, deeply copied, but for its fault.
type sloppyStore struct {
	fault string
	mu    sync.Mutex
	kept  map[string]*sloppyHistory
}

type sloppyHistory struct {
	entries []recovery.Entry
	held    bool
}

type sloppyJournal struct {
	s       *sloppyStore
	h       *sloppyHistory
	closed  bool
	through bool
}

var errSloppy = errors.New("no")

func (s *sloppyStore) Open(ctx context.Context, id string) (recovery.Journal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != "looks at no context" && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if s.fault == "has one journal for all" {
		id = "one"
	}
	if s.kept == nil {
		s.kept = map[string]*sloppyHistory{}
	}
	h := s.kept[id]
	if h == nil || s.fault == "forgets when closed" && !h.held {
		h = &sloppyHistory{}
		if s.fault == "remembers what was there before" {
			h.entries = []recovery.Entry{item(0)}
		}
		s.kept[id] = h
	}
	if h.held && s.fault != "locks nothing" && s.fault != "has one journal for all" {
		h.held = s.fault != "lets go when another is refused"
		if s.fault == "says locked in other words" {
			return nil, errSloppy
		}
		return nil, recovery.ErrLocked
	}
	h.held = true
	return &sloppyJournal{s: s, h: h}, nil
}

func (s *sloppyStore) Has(_ context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault == "has everything" || s.kept[id] != nil, nil
}

func (j *sloppyJournal) ready(ctx context.Context) error {
	if j.closed && j.s.fault != "appends after Close" {
		return errSloppy
	}
	if j.s.fault == "looks at no context" {
		return nil
	}
	return ctx.Err()
}

func (j *sloppyJournal) Append(ctx context.Context, entries ...recovery.Entry) ([]recovery.Position, error) {
	j.s.mu.Lock()
	defer j.s.mu.Unlock()
	if err := j.ready(ctx); err != nil {
		return nil, err
	}
	before := len(j.h.entries)
	if len(entries) == 0 && j.s.fault == "adds something for nothing" {
		j.h.entries = append(j.h.entries, item(0))
	}
	positions := make([]recovery.Position, len(entries))
	for i, e := range entries {
		if e.Time.Year() > 9999 {
			if j.s.fault != "adds what it can of a failure" {
				j.h.entries = j.h.entries[:before]
			}
			return nil, errSloppy
		}
		positions[i] = recovery.Position(len(j.h.entries))
		if j.s.fault == "gives equal positions" {
			positions[i] = recovery.Position(before)
		}
		j.h.entries = append(j.h.entries, j.s.keep(e))
	}
	if j.s.fault == "reverses what is added at once" {
		slices.Reverse(j.h.entries[before:])
	}
	return positions, nil
}

func (s *sloppyStore) keep(e recovery.Entry) recovery.Entry {
	if s.fault != "keeps the caller's slices" {
		e = deep(e)
	}
	switch s.fault {
	case "forgets the skew":
		e.Skew = 0
	case "cuts texts":
		e.Error = e.Error[:min(len(e.Error), 1<<16)]
	case "drops control characters":
		e.Error = string(slices.DeleteFunc([]rune(e.Error), func(r rune) bool { return r < ' ' }))
	case "keeps microseconds":
		e.Time = e.Time.Truncate(time.Microsecond)
	case "drops kinds that it does not know":
		if e.Result == "new" {
			e = recovery.Entry{}
		}
	}
	return e
}

// deep copies what an entry points to.
func deep(e recovery.Entry) recovery.Entry {
	e.Items = slices.Clone(e.Items)
	if e.Request != nil {
		r := *e.Request
		r.Entities = slices.Clone(r.Entities)
		e.Request = &r
	}
	if e.Window != nil {
		w := *e.Window
		e.Window = &w
	}
	if e.Item != nil {
		it := *e.Item
		e.Item = &it
	}
	return e
}

func (j *sloppyJournal) Sync(ctx context.Context) error { return j.ready(ctx) }

func (j *sloppyJournal) Entries(ctx context.Context) iter.Seq2[recovery.Stored, error] {
	return func(yield func(recovery.Stored, error) bool) {
		if j.through && j.s.fault == "goes through it only once" {
			return
		}
		j.through = true
		for i, e := range j.h.entries {
			if err := j.ready(ctx); err != nil {
				yield(recovery.Stored{}, err)
				return
			}
			if i == 1000 && j.s.fault == "stops at a thousand" {
				return
			}
			if !yield(recovery.Stored{Position: recovery.Position(i), Entry: deep(e)}, nil) {
				return
			}
		}
		if err := j.ready(ctx); err != nil {
			yield(recovery.Stored{}, err)
		}
	}
}

func (j *sloppyJournal) Read(ctx context.Context, at recovery.Position) (recovery.Entry, error) {
	j.s.mu.Lock()
	defer j.s.mu.Unlock()
	if err := j.ready(ctx); err != nil {
		return recovery.Entry{}, err
	}
	if j.s.fault == "reads the entry after it" {
		at = min(at+1, recovery.Position(len(j.h.entries)-1))
	}
	if at < 0 || at >= recovery.Position(len(j.h.entries)) {
		if j.s.fault == "reads what is not there" {
			return recovery.Entry{}, nil
		}
		return recovery.Entry{}, errSloppy
	}
	return deep(j.h.entries[at]), nil
}

func (j *sloppyJournal) Close() error {
	j.s.mu.Lock()
	defer j.s.mu.Unlock()
	if !j.closed || j.s.fault == "lets go twice" {
		j.h.held = j.s.fault == "never lets go"
	}
	j.closed = true
	return nil
}
