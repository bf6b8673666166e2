package inboxsql_test

import (
	_ "modernc.org/sqlite" // the driver "sqlite"

	_ "github.com/reenvio/reenvio-go/celcoin/inbox"
)
