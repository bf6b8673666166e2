// Package recovery gets everything back that a receiver of Celcoin's webhooks
// missed.
package recovery
