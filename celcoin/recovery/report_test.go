package recovery_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

var updateReports = flag.Bool("update", false, "write the golden files of reports anew")

// outageStart is when the receiver of these reports went down.
var outageStart = time.Date(2026, 11, 22, 1, 10, 0, 0, time.UTC)

// Each report of TestReportGolden is written in each of these formats.
var reportFormats = []struct {
	extension string
	write     func(*recovery.Report, io.Writer) error
}{
	{"txt", (*recovery.Report).WriteText},
	{"json", (*recovery.Report).WriteJSON},
	{"csv", (*recovery.Report).WriteCSV},
	{"html", (*recovery.Report).WriteHTML},
}

func TestReportGolden(t *testing.T) {
	t.Parallel()
	for name, report := range map[string]*recovery.Report{
		"drained": drainedReport(), "partial": partialReport(), "cancelled": cancelledReport(), "empty": emptyReport(),
	} {
		for _, format := range reportFormats {
			file := filepath.Join("..", "..", "testdata", "recovery", "report-"+name+"."+format.extension)
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				var b bytes.Buffer
				require.NoError(t, format.write(report, &b))
				if *updateReports {
					require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.Equal(t, string(want), b.String(), "if the change is meant: go test ./celcoin/recovery -run Report -update")
			})
		}
	}
}

func TestReportReturnsTheFirstWriteError(t *testing.T) {
	t.Parallel()
	for _, format := range reportFormats {
		t.Run(format.extension, func(t *testing.T) {
			t.Parallel()
			full := errors.New("no space left on device")
			assert.ErrorIs(t, format.write(partialReport(), brokenWriter{full}), full)
		})
	}
}

// A zero report, such as a refusal at the first check may leave, is told too.
func TestReportZeroIsWritten(t *testing.T) {
	t.Parallel()
	for _, format := range reportFormats {
		t.Run(format.extension, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			require.NoError(t, format.write(&recovery.Report{}, &b))
			assert.NotEmpty(t, b.String())
		})
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// timeline is an outage in five-minute buckets: traffic rises and falls, and of
// every bucket the given share in percent came back.
func timeline(buckets, peak, share int) ([]recovery.Bucket, recovery.Totals) {
	var line []recovery.Bucket
	var totals recovery.Totals
	for i := range buckets {
		start := outageStart.Add(time.Duration(i) * 5 * time.Minute)
		missed := peak * (i + 1) * (2*buckets - i) / (buckets * (buckets + 2))
		recovered := missed * share / 100
		line = append(line, recovery.Bucket{Start: start, End: start.Add(5 * time.Minute), Missed: missed, Recovered: recovered})
		totals.Planned += missed
		totals.Delivered += recovered
	}
	totals.Replayed = totals.Delivered
	totals.StillPending = totals.Planned - totals.Delivered
	return line, totals
}

func entityReport(entity celcoin.Entity, buckets, peak, share int) recovery.EntityReport {
	line, totals := timeline(buckets, peak, share)
	return recovery.EntityReport{Entity: entity, Totals: totals, Timeline: line}
}

// sumOf adds the totals of the entities up.
func sumOf(entities []recovery.EntityReport) recovery.Totals {
	var sum recovery.Totals
	for _, e := range entities {
		sum.Planned += e.Planned
		sum.AlreadyDelivered += e.AlreadyDelivered
		sum.Replayed += e.Replayed
		sum.Delivered += e.Delivered
		sum.Unknown += e.Unknown
		sum.Expired += e.Expired
		sum.Rejected += e.Rejected
		sum.StillPending += e.StillPending
		sum.NewDuringRun += e.NewDuringRun
	}
	return sum
}

func reportOf(state recovery.State, entities ...recovery.EntityReport) *recovery.Report {
	return &recovery.Report{
		ID: "20261122T011000Z-5f0c1d2e3b4a", State: state,
		From: outageStart, To: outageStart.Add(105 * time.Minute),
		Started: outageStart.Add(2 * time.Hour), Ended: outageStart.Add(2*time.Hour + 8*time.Minute + 41*time.Second),
		Digest: "sha256:9b74c9897bac770ffc029102a200c5de", Totals: sumOf(entities), Entities: entities,
		Calls: 1391, Retries: 4, Active: 6*time.Minute + 12*time.Second + 345*time.Millisecond,
	}
}

func drainedReport() *recovery.Report {
	in := entityReport(celcoin.EntityPixPaymentIn, 21, 60, 100)
	in.AlreadyDelivered, in.Delivered, in.Replayed = 12, in.Delivered-12, in.Replayed-12
	return reportOf(recovery.StateDrained, in,
		entityReport(celcoin.EntityPixPaymentOut, 21, 25, 100),
		entityReport(celcoin.EntityPixReversalIn, 21, 2, 100),
		entityReport(celcoin.EntityPixAutomaticPaymentInstructionExpired, 0, 0, 0))
}

// partialReport has failures of all kinds, more than a text shows and than a
// report keeps, and everything that vendors could break a report with.
func partialReport() *recovery.Report {
	in := entityReport(celcoin.EntityPixPaymentIn, 21, 60, 80)
	in.Unknown, in.Expired, in.Rejected, in.AlreadyDelivered = 3, 40, 20, 7
	in.StillPending -= in.Unknown + in.Expired + in.Rejected + in.AlreadyDelivered
	odd := entityReport(`a<b>&"odd"`, 21, 9, 40)
	odd.NewDuringRun = 5
	r := reportOf(recovery.StatePartial, in,
		entityReport(celcoin.EntityPixAutomaticPaymentInstructionExpired, 1, 3, 100), odd)
	r.Reason = "21 webhooks were not delivered within 3 attempts"
	r.From, r.To = r.From.In(time.FixedZone("", 2*60*60)), r.To.In(time.FixedZone("", 2*60*60))
	r.GateClosed = 2
	for i, state := range []string{"expired", "rejected", "unknown", "still pending"} {
		for n := range 6 {
			r.Failures = append(r.Failures, recovery.Failure{
				Entity: celcoin.EntityPixPaymentIn, ID: fmt.Sprintf("5d0b1f3a-%04d-4c1e-9d2f-%012d", i, n),
				Created: "2026-11-22T01:12:03.1234567Z", Attempts: i, State: state,
			})
		}
	}
	rejected := &r.Failures[6]
	rejected.Attempts = 3
	rejected.Status, rejected.Code, rejected.RequestID = 403, "CBE468", "8c1f2a9e-6d5b-4f7e-8a3c-2b1d0e9f7a6b"
	rejected.Error = "celcoin: replay webhooks: 403 CBE468 client not allowed, 3 attempts"
	hostile := &r.Failures[12]
	hostile.Entity, hostile.ID, hostile.Code = odd.Entity, "=1+1", "@SUM(A1)"
	hostile.Error = "<script>alert(1)</script>\r\nsecond line, \"quoted\""
	r.MoreFailures = 1200
	return r
}

func cancelledReport() *recovery.Report {
	r := reportOf(recovery.StateCancelled, entityReport(celcoin.EntityPixPaymentIn, 21, 60, 35))
	r.Reason = "context canceled"
	return r
}

func emptyReport() *recovery.Report {
	r := reportOf(recovery.StateDrained)
	r.Calls, r.Retries, r.Active = 8, 0, 930*time.Millisecond
	return r
}

// manyReport is as large as reports get: 60 entities, 1,000 failures.
func manyReport() *recovery.Report {
	var entities []recovery.EntityReport
	for i := range 60 {
		entities = append(entities, entityReport(celcoin.Entity(fmt.Sprintf("entity-%d", i)), 21*(1+i%5), 1<<(i%24), i*2))
	}
	r := reportOf(recovery.StatePartial, entities...)
	for i := range 1000 {
		r.Failures = append(r.Failures, recovery.Failure{
			Entity: entities[i%60].Entity, ID: fmt.Sprintf("5d0b1f3a-0000-4c1e-9d2f-%012d", i), Attempts: 3, State: "rejected", Status: 403,
		})
	}
	return r
}

// written is a report in a format.
func written(t *testing.T, r *recovery.Report, write func(*recovery.Report, io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(r, &b))
	return b.String()
}
