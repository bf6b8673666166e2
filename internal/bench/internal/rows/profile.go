package rows

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// Profiles writes a CPU profile of each of our calls, made by one goroutine over
// plain HTTP for so long, into a folder.
func (b *Bench) Profiles(ctx context.Context, folder string, each time.Duration) error {
	s, err := subject.New(subject.Ours, b.at(server.Plain))
	if err != nil {
		return err
	}
	for _, call := range subject.Calls() {
		do := call.Of(s)
		err := Profiled(filepath.Join(folder, string(call)+".pprof"), func() error {
			for begin := time.Now(); time.Since(begin) < each; {
				if err := do(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Profiled writes a CPU profile of f, unless there is no path for it.
func Profiled(path string, f func() error) (err error) {
	if path == "" {
		return f()
	}
	file, err := os.Create(path) //nolint:gosec // where the user wants it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}
