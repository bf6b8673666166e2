package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// parts are those of a recovery that have a journal.
type parts struct{ celcoin, ceffu bool }

// parts finds the journals of a recovery. Opening one that is not there would
// make it.
func (j *job) parts(id string) (p parts, err error) {
	if p.celcoin, err = j.hasJournal(id); err != nil {
		return p, err
	}
	if p.ceffu, err = j.hasJournal(id + ceffuSuffix); err != nil {
		return p, err
	}
	if !p.celcoin && !p.ceffu {
		return p, fmt.Errorf("%s is not in %s: %w", id, j.store, recovery.ErrNotFound)
	}
	return p, nil
}

// usable are the parts that there are credentials for.
func (j *job) usable(id string) (parts, error) {
	p, err := j.parts(id)
	switch {
	case err != nil:
		return p, err
	case p.celcoin && j.celcoin == nil && j.vendor != "ceffu":
		return p, usagef("%s has a part of Celcoin's: set CELCOIN_CLIENT_ID and so on, or say -vendor ceffu", id)
	case p.ceffu && j.ceffu == nil && j.vendor != "celcoin":
		return p, usagef("%s has a part of Ceffu's: set CEFFU_API_KEY and so on, or say -vendor celcoin", id)
	}
	return parts{celcoin: p.celcoin && j.celcoin != nil, ceffu: p.ceffu && j.ceffu != nil}, nil
}

// hasJournal looks where recovery.FileStore keeps a journal.
func (j *job) hasJournal(id string) (bool, error) {
	switch _, err := fs.Stat(os.DirFS(j.store), id); {
	case errors.Is(err, fs.ErrInvalid):
		return false, usagef("-id: want letters, digits, '.', '_' or '-'")
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, err
	}
}

// choose finds the recovery that a command is about: that of -id, or the only
// one in the store.
func (j *job) choose() error {
	if j.id != "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(j.store, "*", "*.jsonl"))
	if err != nil {
		return err
	}
	var ids []string
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(filepath.Dir(file)), ceffuSuffix)
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	switch len(ids) {
	case 0:
		return usagef("-id is missing, and there is no recovery in %s", j.store)
	case 1:
		j.id = ids[0]
		return nil
	}
	const shown = 10
	list := strings.Join(ids[:min(len(ids), shown)], ", ")
	if len(ids) > shown {
		list += ", …"
	}
	return usagef("-id is missing; in %s there are %s", j.store, list)
}
