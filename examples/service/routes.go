package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// public is what Celcoin may reach.
func (x *service) public() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/webhooks/celcoin", inbox.NewHandler(x.db.inbox.Process,
		inbox.WithBasicAuth(x.user, x.password),
		inbox.WithConcurrency(x.concurrency),
		inbox.WithTimeout(x.timeout),
		inbox.WithObserver(x.received)))
	return mux
}

// received measures and logs a webhook: never its payload, nor the text of an
// error, in which a database may quote values.
func (x *service) received(ctx context.Context, r inbox.Receipt) {
	// By its status alone: its entity can be any text.
	x.deliveries.Record(ctx, r.Duration.Seconds(), metric.WithAttributes(
		attribute.String("http.route", "/webhooks/celcoin"), attribute.Int("http.response.status_code", r.StatusCode)))
	if r.StatusCode == http.StatusOK {
		return
	}
	root := r.Err
	for err := root; err != nil; err = errors.Unwrap(err) {
		root = err
	}
	cause := fmt.Sprintf("%T", root)
	if pg, ok := errors.AsType[*pgconn.PgError](root); ok {
		cause = "SQLSTATE " + pg.Code
	}
	x.log.WarnContext(ctx, "webhook not taken", slog.Int("status", r.StatusCode), slog.String("cause", cause))
}

// admin is what the team and its tools may reach.
func (x *service) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", x.ready)
	mux.Handle("GET /metrics", x.metrics)
	mux.Handle("GET /recoveries", x.protected(x.list))
	mux.Handle("GET /recoveries/{id}", x.protected(x.report("application/json", (*recovery.Report).WriteJSON)))
	mux.Handle("GET /recoveries/{id}/html", x.protected(x.report("text/html; charset=utf-8", (*recovery.Report).WriteHTML)))
	if x.river != nil {
		mux.Handle("POST /recoveries", http.NewCrossOriginProtection().Handler(x.protected(x.recover)))
		mux.Handle("GET /recoveries/{id}/jobs", x.protected(x.jobs))
	}
	return mux
}

// protected demands the admin's login, since recoveries name ids of payments. An
// error is shown to those who are logged in.
func (x *service) protected(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	want := sha256.Sum256([]byte(x.adminUser + "\x00" + x.adminPassword))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		got := sha256.Sum256([]byte(user + "\x00" + password))
		if !ok || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="recoveries"`)
			http.Error(w, "login or password is missing or wrong", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		switch err := h(w, r); {
		case err == nil:
		case errors.Is(err, recovery.ErrNotFound):
			http.Error(w, err.Error(), http.StatusNotFound)
		case errors.Is(err, recovery.ErrInvalidRequest):
			http.Error(w, err.Error(), http.StatusBadRequest)
		default:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

func (x *service) ready(w http.ResponseWriter, r *http.Request) {
	switch {
	case x.stopping.Load():
		http.Error(w, "stopping", http.StatusServiceUnavailable)
	case x.db.ready(r.Context()) != nil:
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
	}
}

// summary is a recovery of the list.
type summary struct {
	ID       string           `json:"id"`
	State    recovery.State   `json:"state,omitempty"`
	Entities []celcoin.Entity `json:"entities"`
	From     time.Time        `json:"from,omitzero"`
	To       time.Time        `json:"to,omitzero"`
	Planned  time.Time        `json:"planned,omitzero"`
	Totals   recovery.Totals  `json:"totals"`
	Error    string           `json:"error,omitempty"` // why it cannot be read
}

// list answers all recoveries, the latest outage first.
func (x *service) list(w http.ResponseWriter, r *http.Request) error {
	all := []summary{}
	for s, err := range x.recoverer.Recoveries(r.Context()) {
		row := summary{s.ID, s.State, s.Request.Entities, s.Request.From, s.Request.To, s.Planned, s.Totals, ""}
		if err != nil {
			row.Error = err.Error()
		}
		all = append(all, row)
	}
	slices.SortFunc(all, func(a, b summary) int { return b.To.Compare(a.To) })
	return writeJSON(w, http.StatusOK, all)
}

// report answers how a recovery stands, also while it runs.
func (x *service) report(media string, write func(*recovery.Report, io.Writer) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		report, err := x.recoverer.Report(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", media)
		_ = write(report, w) // an error is the reader's that left
		return nil
	}
}

// jobs says which machines work on a recovery.
func (x *service) jobs(w http.ResponseWriter, r *http.Request) error {
	state, err := celcoinriver.Status(r.Context(), x.river, x.recoverer, r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, state.Jobs)
}

// recover plans a recovery of what the watch does not look back at, and hands it
// to the workers of all processes. The same request again goes on with it.
func (x *service) recover(w http.ResponseWriter, r *http.Request) error {
	from, err1 := time.Parse(time.RFC3339, r.FormValue("from"))
	to, err2 := time.Parse(time.RFC3339, r.FormValue("to"))
	if err1 != nil || err2 != nil {
		return fmt.Errorf("from and to: want 2026-01-31T01:10:00-03:00: %w", recovery.ErrInvalidRequest)
	}
	plan, err := x.recoverer.Plan(r.Context(), recovery.Request{ID: r.FormValue("id"), Entities: x.entities, From: from, To: to})
	if err == nil {
		err = celcoinriver.Enqueue(r.Context(), x.river, plan, x.settings.jobs)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/recoveries/"+plan.ID)
	return writeJSON(w, http.StatusAccepted, map[string]string{"id": plan.ID})
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // an error is the reader's that left
	return nil
}
