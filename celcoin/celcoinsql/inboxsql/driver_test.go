package inboxsql_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

// failingCommits is a database whose connection breaks right after a commit.
type failingCommits struct {
	driver driver.Driver
	dsn    string
	fail   *atomic.Bool
}

func (f *failingCommits) Connect(context.Context) (driver.Conn, error) {
	conn, err := f.driver.Open(f.dsn)
	return failingConn{conn, f.fail}, err
}

func (f *failingCommits) Driver() driver.Driver { return f.driver }

type failingConn struct {
	driver.Conn
	fail *atomic.Bool
}

func (c failingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts) //nolint:errcheck // both drivers have it
	return failingTx{tx, c.fail}, err
}

type failingTx struct {
	driver.Tx
	fail *atomic.Bool
}

func (t failingTx) Commit() error {
	err := t.Tx.Commit()
	if t.fail.Load() {
		return errors.New("the connection broke")
	}
	return err
}
