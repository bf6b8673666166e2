package main

import (
	"context"
	"fmt"
	"io"

	"github.com/reenvio/reenvio-go/ceffu"
)

// look says what is missing, and changes nothing.
func (j *job) look(ctx context.Context) ([]row, error) {
	var rows []row
	if j.celcoin != nil {
		for _, entity := range j.entities {
			missed, err := j.count(ctx, entity)
			if err != nil {
				return rows, err
			}
			rows = append(rows, row{vendor: "Celcoin", what: string(entity), missed: missed, missing: missed})
		}
	}
	if j.ceffu != nil {
		for _, event := range ceffu.EventTypes() {
			rows = append(rows, row{vendor: "Ceffu", what: event.String(), missed: unknown, arrived: unknown, missing: unknown})
		}
	}
	return rows, nil
}

// recover asks for everything again.
func (j *job) recover(ctx context.Context, log io.Writer) ([]row, error) {
	var rows []row
	if j.celcoin != nil {
		for _, entity := range j.entities {
			r, err := j.recoverEntity(ctx, entity, log)
			rows = append(rows, r)
			if err != nil {
				return rows, err
			}
		}
	}
	if j.ceffu != nil {
		for _, event := range ceffu.EventTypes() {
			fmt.Fprintf(log, "ceffu %s: asking for what failed\n", event)
			r, err := j.resend(ctx, event)
			rows = append(rows, r)
			if err != nil {
				return rows, err
			}
		}
	}
	return rows, nil
}
