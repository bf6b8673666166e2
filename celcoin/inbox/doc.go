// Package inbox receives the webhooks of Celcoin.
package inbox
