// Package postgrestest starts a PostgreSQL server of a test's own, for tests of
// celcoinsql, celcoinriver and whoever uses them: a fresh cluster in a temporary
// folder, reached through a Unix socket, so that no port is taken. initdb and
// postgres are looked for in PATH and where Debian keeps them. As root, the
// server runs as an unprivileged user, since PostgreSQL refuses root. None of it is
// in a program: it is a package because the tests of three modules use it.
package postgrestest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// ErrMissing says that no PostgreSQL was found.
var ErrMissing = errors.New("postgrestest: initdb and postgres are neither in PATH nor in /usr/lib/postgresql/*/bin: install PostgreSQL")

// patience is for a server to start or to stop, on a loaded machine.
const patience = time.Minute

// Server is a running PostgreSQL. Its methods must not be called at the same
// time, but for Database and DSN.
type Server struct {
	bin, dir  string
	databases atomic.Int64
	process   *exec.Cmd
	ended     chan struct{} // closed after the process has ended
}

// Start starts a server that ends with the test. Without PostgreSQL the test
// fails where CI is true, and is skipped elsewhere.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := Launch()
	demand(tb, err)
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func demand(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// Launch starts a server without a test. [Server.Close] ends it.
func Launch() (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "postgrestest") // the parent of tb.TempDir is closed to other users
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	err = own(dir)
	if err == nil {
		err = s.initialize()
	}
	if err == nil {
		err = s.Run()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// find returns the folder of the newest PostgreSQL.
func find() (string, error) {
	if runtime.GOOS == "windows" { // which has no signal to stop it with
		return "", ErrMissing
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrMissing
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func (s *Server) initialize() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := s.command(ctx, "initdb", "--pgdata", s.data(), "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("postgrestest: initdb: %w\n%s", err, output)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	command.Dir = s.dir
	command.Env = []string{"LC_ALL=C", "PATH=" + s.bin, "TZ=UTC"}
	restrict(command)
	return command
}

// Run starts the server again after [Server.Stop] or [Server.Crash], and
// returns when it takes connections.
func (s *Server) Run() error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own
	command := s.command(context.Background(), "postgres", "-D", s.data(), "-k", s.dir,
		"-c", "listen_addresses=", "-c", "max_connections=200", "-c", "log_checkpoints=off")
	command.Stderr = log
	if err := command.Start(); err != nil {
		return fmt.Errorf("postgrestest: start: %w", err)
	}
	s.process, s.ended = command, make(chan struct{})
	go func(ended chan struct{}) {
		_ = command.Wait() // how it ended says the log
		close(ended)
	}(s.ended)
	db, err := sql.Open("pgx", s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing was written
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if db.PingContext(ctx) == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
			continue
		case <-s.ended:
		case <-ctx.Done():
		}
		return errors.Join(s.failed("does not start"), s.end(syscall.SIGQUIT))
	}
}

func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// failed is an error with what the server has written.
func (s *Server) failed(how string) error {
	text, err := os.ReadFile(s.logFile())
	return errors.Join(fmt.Errorf("postgrestest: the server %s:\n%s", how, text), err)
}

// Stop ends the server in an orderly way: open transactions are rolled back.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Crash ends the server at once, without writing anything more.
func (s *Server) Crash() error { return s.end(syscall.SIGQUIT) }

// Restart is Stop and Run.
func (s *Server) Restart() error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.Run()
}

func (s *Server) end(how os.Signal) error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Process.Signal(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("postgrestest: stop: %w", err)
	}
	select {
	case <-s.ended:
		s.process = nil
		return nil
	case <-time.After(patience):
		return s.failed("does not stop")
	}
}

// Close ends the server and removes all that it wrote.
func (s *Server) Close() error {
	return errors.Join(s.Stop(), os.RemoveAll(s.dir))
}

// DSN is where the driver pgx finds a database.
func (s *Server) DSN(database string) string {
	return "host=" + s.dir + " user=postgres dbname=" + database
}

// Database makes a new, empty database and returns its DSN.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	db, err := sql.Open("pgx", s.DSN("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the test is over
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if _, err := db.ExecContext(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	return s.DSN(name)
}

// Shared is a server for all tests of a package, started when the first test
// needs it. TestMain calls Run. The zero value is ready.
type Shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Database is [Server.Database] of the shared server.
func (s *Shared) Database(tb testing.TB) string {
	tb.Helper()
	s.once.Do(func() { s.server, s.err = Launch() })
	demand(tb, s.err)
	return s.server.Database(tb)
}

// Close ends the server, if one was started.
func (s *Shared) Close() error {
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}

// Run runs the tests, closes, and returns the exit code for TestMain.
func (s *Shared) Run(m *testing.M) (code int) {
	code = m.Run()
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}
