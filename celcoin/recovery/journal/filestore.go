package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// FileStore keeps each log in a file of its own, dir/RECOVERY/NAME.jsonl. The
// folder is made when it is needed, for its owner only, and so are the files.
//
// A log is text with one JSON object a line, whose member "record" is what was
// appended, or "base64" if that is not JSON. So one can look at it at any time:
//
//	jq -c 'select(.record).record' recoveries/outage-1/plan.jsonl
//
// Each line has a checksum, and says how much of the file was on the disk when
// it was written. Open cuts off what cannot be read behind that, such as a crash
// leaves it, adds a line that says so, and the [Log] is a [Cutter] that does.
// Anything else that cannot be read is [ErrCorrupt], with file and line. Files of
// a newer format, and journals that the first version of package recovery wrote,
// dir/RECOVERY.journal, are refused.
//
// Characters of a name that not every file system keeps apart are percent
// encoded in the name of the file.
//
// Files below dir/.locks hold locks against other holders in this process and in
// others, on this machine; over a network, as far as the file system passes
// locks on. They end with their process. Only systems without such locks (plan9,
// wasm) cannot open logs. Documents are files in dir/.shared. Reading needs no
// lock, and so works on a copy, and without permission to write.
func FileStore(dir string) Store {
	if abs, err := filepath.Abs(dir); err == nil && dir != "" {
		dir = abs // it stays the same folder after os.Chdir
	}
	return &fileStore{dir: dir}
}

type fileStore struct {
	dir   string
	turns sync.Map // of documents: a channel of one place for each name
}

// The names in the store's folder that are not a recovery's.
const (
	locksFolder     = ".locks"
	documentsFolder = ".shared"
	deletedFolder   = ".deleted"
)

const logExtension = ".jsonl"

var errNoFolder = errors.New("the folder of the store is not given")

func (s *fileStore) logFile(recovery, name string) string {
	return filepath.Join(s.dir, recovery, fileName(name)+logExtension)
}

// check refuses what cannot be the name of a folder, and recoveries of the first
// design.
func (s *fileStore) check(ctx context.Context, recovery string) error {
	if s.dir == "" {
		return errNoFolder
	}
	if err := errors.Join(CheckID(recovery), ctx.Err()); err != nil {
		return err
	}
	if !filepath.IsLocal(recovery) || strings.HasSuffix(recovery, ".") {
		return fmt.Errorf("recovery ID %q cannot be the name of a folder on every system", recovery)
	}
	old := filepath.Join(s.dir, recovery+".journal")
	if _, err := os.Lstat(old); err == nil {
		return fmt.Errorf("%s was written by the first version of this package, which alone can read it: "+
			"finish that recovery with the release that began it, or move the file away and begin anew", old)
	}
	return nil
}

func (s *fileStore) Open(ctx context.Context, recovery, name string) (_ Log, err error) {
	defer wrap(&err, "open %.100q/%.200q", recovery, name)
	if err := errors.Join(s.check(ctx, recovery), CheckName(name)); err != nil {
		return nil, err
	}
	unlock, err := s.lockLog(recovery, name)
	if err != nil {
		return nil, err
	}
	l := &fileLog{path: s.logFile(recovery, name), header: newHeader(recovery, name), unlock: unlock, lost: make(chan struct{})}
	if err := l.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", l.path, err), unlock())
	}
	return l, nil
}

func (s *fileStore) Read(ctx context.Context, recovery, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		err := errors.Join(s.check(ctx, recovery), CheckName(name))
		if err == nil {
			err = s.read(ctx, recovery, name, yield)
		}
		if wrap(&err, "read %.100q/%.200q", recovery, name); err != nil {
			yield(nil, err)
		}
	}
}

func (s *fileStore) read(ctx context.Context, recovery, name string, yield func([]byte, error) bool) error {
	path := s.logFile(recovery, name)
	file, err := os.Open(path) //nolint:gosec // the name is encoded
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if err := readRecords(ctx, file, newHeader(recovery, name), yield); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readRecords yields records up to the end, or to where it is not sound.
func readRecords(ctx context.Context, file io.ReaderAt, h header, yield func([]byte, error) bool) error {
	r, err := newReader(file, h)
	for err == nil {
		var l line
		if l, err = r.next(); err != nil {
			break
		}
		record, ok, decodeErr := l.record()
		if err = errors.Join(decodeErr, ctx.Err()); err == nil && ok && !yield(record, nil) {
			return nil
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, errUnsound) {
		return nil
	}
	return err
}

func (s *fileStore) List(ctx context.Context, recovery string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var names []string
		var err error
		if recovery == "" {
			names, err = s.recoveries(ctx)
		} else if err = s.check(ctx, recovery); err == nil {
			names, err = s.logs(recovery)
		}
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
		if wrap(&err, "list"); err != nil {
			yield("", err)
		}
	}
}

func (s *fileStore) recoveries(ctx context.Context) (found []string, err error) {
	entries, err := readFolder(s.dir)
	for _, e := range entries {
		if !e.IsDir() || CheckID(e.Name()) != nil {
			continue
		}
		names, err := s.logs(e.Name())
		if err != nil {
			return found, err
		}
		if len(names) > 0 {
			found = append(found, e.Name())
		}
	}
	return found, errors.Join(err, ctx.Err())
}

func (s *fileStore) logs(recovery string) (found []string, err error) {
	folder := filepath.Join(s.dir, recovery)
	entries, err := readFolder(folder)
	for _, e := range entries {
		file, isLog := strings.CutSuffix(e.Name(), logExtension)
		if !isLog || !e.Type().IsRegular() {
			continue
		}
		name, ok := nameOf(file)
		if !ok {
			name, ok = nameIn(filepath.Join(folder, e.Name()))
		}
		if ok {
			found = append(found, name)
		}
	}
	return found, err
}

// nameIn reads the name of a log from its first line. It is not ok for a file
// that is not a log.
func nameIn(path string) (name string, ok bool) {
	file, err := os.Open(path) //nolint:gosec // it was listed
	if err != nil {
		return "", false
	}
	defer file.Close() //nolint:errcheck // nothing was written
	r := &reader{file: file}
	r.seek()
	first, err := r.next()
	var h header
	if err != nil || json.Unmarshal(first.value, &h) != nil {
		return "", false
	}
	return h.Name, fileName(h.Name)+logExtension == filepath.Base(path)
}

// wrap says what failed, if something did.
func wrap(err *error, what string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("journal: %s: %w", fmt.Sprintf(what, args...), *err)
	}
}
