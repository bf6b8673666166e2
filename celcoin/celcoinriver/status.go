package celcoinriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// Job is a slot of a recovery, as River has it.
type Job struct {
	ID    int64              `json:"id"`
	Slot  int                `json:"slot"`
	State rivertype.JobState `json:"state"`
	// Client is River's ID of who works it, or worked it last. While the state is
	// running, that one may be dead: its units go on in the other jobs.
	Client  string    `json:"client,omitempty"`
	Since   time.Time `json:"since,omitzero"` // when that one took it
	Next    time.Time `json:"next,omitzero"`  // when it goes on or begins, if it does not run
	Attempt int       `json:"attempt"`        // failures and rescues, and this one
	Error   string    `json:"error,omitempty"`
}

// State is how a recovery stands.
type State struct {
	Jobs   []Job            `json:"jobs"` // the latest of each slot
	Report *recovery.Report `json:"report"`
}

// Status says how a recovery stands: its jobs, by River, and its report, by its
// journal. Celcoin is not asked. A recovery without a complete plan has no report.
func Status[TTx any](ctx context.Context, client *river.Client[TTx], recoverer *recovery.Recoverer, id string) (*State, error) {
	s := &State{Jobs: []Job{}}
	found, err := client.JobList(ctx, river.NewJobListParams().Kinds(Kind).OrderBy(river.JobListOrderByID, river.SortOrderDesc).
		Where("args->>'recovery' = @recovery", river.NamedArgs{"recovery": id}).First(1000))
	if err != nil {
		return nil, fmt.Errorf("celcoinriver: status of %s: %w", id, err)
	}
	for _, row := range found.Jobs {
		var args Args
		if err := json.Unmarshal(row.EncodedArgs, &args); err != nil {
			return nil, fmt.Errorf("celcoinriver: status of %s: the arguments of job %d: %w", id, row.ID, err)
		}
		if !slices.ContainsFunc(s.Jobs, func(later Job) bool { return later.Slot == args.Slot }) {
			s.Jobs = append(s.Jobs, jobOf(row, args.Slot))
		}
	}
	if s.Report, err = recoverer.Report(ctx, id); err != nil && (!errors.Is(err, recovery.ErrNotFound) || len(s.Jobs) == 0) {
		return nil, fmt.Errorf("celcoinriver: status of %s: %w", id, err)
	}
	return s, nil
}

func jobOf(row *rivertype.JobRow, slot int) Job {
	j := Job{ID: row.ID, Slot: slot, State: row.State, Attempt: row.Attempt}
	if n := len(row.AttemptedBy); n > 0 {
		j.Client = row.AttemptedBy[n-1]
	}
	if row.AttemptedAt != nil {
		j.Since = *row.AttemptedAt
	}
	switch row.State {
	case rivertype.JobStateAvailable, rivertype.JobStateScheduled, rivertype.JobStateRetryable:
		j.Next = row.ScheduledAt
	default:
	}
	if n := len(row.Errors); n > 0 {
		j.Error = row.Errors[n-1].Error
	}
	return j
}
