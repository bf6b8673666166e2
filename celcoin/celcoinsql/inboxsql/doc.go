// Package inboxsql keeps the keys of webhooks in SQL.
package inboxsql
