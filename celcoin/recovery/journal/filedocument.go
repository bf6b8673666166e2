package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const documentExtension = ".json"

// lockPoll is how often another process's lock is tried. The system has no wait
// for it that ctx could end.
const lockPoll = 2 * time.Millisecond

// Update holds the document's lock while f runs. A file that was renamed over
// another is either of them after a crash.
func (s *fileStore) Update(ctx context.Context, name string, f func(now time.Time, old []byte) ([]byte, error)) error {
	err := CheckName(name)
	if err == nil && s.dir == "" {
		err = errors.New("the folder of the store is not given")
	}
	if err != nil {
		return fmt.Errorf("journal: update: %w", err)
	}
	leave, err := s.documents.enter(ctx, name)
	if err != nil {
		return fmt.Errorf("journal: update %s: %w", name, err)
	}
	defer leave()
	refused, err := s.update(ctx, name, f)
	if err != nil {
		return fmt.Errorf("journal: update %s: %w", name, err)
	}
	return refused
}

// update returns the error of f apart from those of the store.
func (s *fileStore) update(ctx context.Context, name string, f func(time.Time, []byte) ([]byte, error)) (refused, err error) {
	path := filepath.Join(s.dir, documentsFolder, fileName(name)+documentExtension)
	locks := s.locks(documentsFolder)
	if err := errors.Join(makeFolder(filepath.Dir(path)), makeFolder(locks)); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(locks, fileName(name)+lockExtension))
	if err := locked(lock.TryLockContext(ctx, lockPoll)); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	old, err := os.ReadFile(path) //nolint:gosec // the name is encoded
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	changed, refused := f(time.Now(), bytes.Clone(old))
	if refused != nil || changed == nil || old != nil && bytes.Equal(old, changed) {
		return refused, nil
	}
	return nil, replace(path, changed)
}

// replace gives a file other contents, durably, all or none of them.
func replace(path string, contents []byte) error {
	next := path + ".next"
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the name is encoded
	if err != nil {
		return err
	}
	_, err = file.Write(contents)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// waiting lets those who change a document in this process go one after the
// other, so that only one of them tries the lock.
type waiting struct {
	mu    sync.Mutex
	turns map[string]chan struct{}
}

func (w *waiting) enter(ctx context.Context, name string) (leave func(), err error) {
	w.mu.Lock()
	turn := w.turns[name]
	if turn == nil {
		if w.turns == nil {
			w.turns = make(map[string]chan struct{})
		}
		turn = make(chan struct{}, 1)
		w.turns[name] = turn
	}
	w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
