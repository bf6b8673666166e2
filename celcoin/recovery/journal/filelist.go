package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func (s *fileStore) List(ctx context.Context, recovery string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		list := s.recoveries
		if recovery != "" {
			list = func(ctx context.Context) ([]string, error) { return s.logs(ctx, recovery) }
		}
		names, err := list(ctx)
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
		if err != nil {
			yield("", fmt.Errorf("journal: list: %w", err))
		}
	}
}

func (s *fileStore) recoveries(ctx context.Context) ([]string, error) {
	entries, err := readFolder(s.dir)
	var found []string
	for _, e := range entries {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			break
		}
		if !e.IsDir() || CheckID(e.Name()) != nil {
			continue
		}
		var files []fs.DirEntry
		files, err = readFolder(filepath.Join(s.dir, e.Name()))
		if slices.ContainsFunc(files, isLog) {
			found = append(found, e.Name())
		}
	}
	return found, err
}

func (s *fileStore) logs(ctx context.Context, recovery string) ([]string, error) {
	if err := s.check(ctx, recovery); err != nil {
		return nil, err
	}
	folder := filepath.Join(s.dir, recovery)
	entries, err := readFolder(folder)
	var found []string
	for _, e := range entries {
		if !isLog(e) {
			continue
		}
		name, ok := nameOf(strings.TrimSuffix(e.Name(), logExtension))
		if !ok {
			name, ok = nameIn(filepath.Join(folder, e.Name()))
		}
		if ok {
			found = append(found, name)
		}
	}
	return found, err
}

func isLog(e fs.DirEntry) bool {
	return e.Type().IsRegular() && strings.HasSuffix(e.Name(), logExtension)
}

// nameIn reads the name of a log from its first line. It is not ok for a file
// that is no log, or has no first line yet.
func nameIn(path string) (name string, ok bool) {
	file, err := os.Open(path) //nolint:gosec // it was listed
	if err != nil {
		return "", false
	}
	defer file.Close() //nolint:errcheck // nothing was written
	const longest = 4 << 10
	raw, err := newLineReader(file, longest).read()
	if err != nil {
		return "", false
	}
	l, ok := parseLine(raw)
	var h header
	if !ok || json.Unmarshal(l.value, &h) != nil {
		return "", false
	}
	return h.Name, fileName(h.Name)+logExtension == filepath.Base(path)
}

// readFolder returns what is in a folder, nothing if there is none.
func readFolder(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

func hasFolder(entries []fs.DirEntry, name string) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && e.Name() == name })
}
