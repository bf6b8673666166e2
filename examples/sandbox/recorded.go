package main

import (
	"crypto/x509"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// record and delivery are the same in both packages, under two names.
type (
	record interface {
		celcointest.Record | ceffutest.Record
	}
	delivery interface {
		celcointest.Delivery | ceffutest.Delivery
	}
)

// server is what both have in common.
type server[R record, D delivery] interface {
	Requests() []R
	Deliveries() []D
	ClearFaults()
	ResetRecords()
	Certificate() *x509.Certificate
}

// recorded is the part of console.Simulator that both do in the same way.
type recorded[R record, D delivery] struct{ of server[R, D] }

func newRecorded[R record, D delivery](of server[R, D]) *recorded[R, D] {
	return &recorded[R, D]{of}
}

// Requests implements console.Simulator.
func (r *recorded[R, D]) Requests() []simulator.Record {
	known := r.of.Requests()
	records := make([]simulator.Record, len(known))
	for i, one := range known {
		records[i] = simulator.Record(one)
	}
	return records
}

// Deliveries implements console.Simulator.
func (r *recorded[R, D]) Deliveries() []simulator.Delivery {
	known := r.of.Deliveries()
	deliveries := make([]simulator.Delivery, len(known))
	for i, one := range known {
		deliveries[i] = simulator.Delivery(one)
	}
	return deliveries
}

// ClearFaults implements console.Simulator.
func (r *recorded[R, D]) ClearFaults() { r.of.ClearFaults() }

// ResetRecords implements console.Simulator.
func (r *recorded[R, D]) ResetRecords() { r.of.ResetRecords() }

// Certificate implements console.Simulator.
func (r *recorded[R, D]) Certificate() *x509.Certificate { return r.of.Certificate() }
