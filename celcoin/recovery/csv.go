package recovery

import (
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// WriteCSV writes one table, as RFC 4180 has it: UTF-8 without a byte order mark,
// CRLF, a header. First stands a line a failure, the first 1,000, with a count of
// 1; then, for each entity, a line a state and evidence with the number of its
// webhooks that have no line of their own. So the sum of the column count is the
// number of planned webhooks. Last stands what was set aside, without a count.
//
// The column created is as Celcoin wrote it, created_at is RFC 3339 in the zone
// of the report. A status of 0 is an empty cell.
//
// A text that a spreadsheet would take for a formula gets an apostrophe in
// front. So a program that reads ids from the file takes one apostrophe off an id
// that begins with one; Celcoin's do not begin with any such character.
func (r *Report) WriteCSV(w io.Writer) error {
	c := r.clock()
	header := []string{
		"entity", "id", "created", "state", "attempts", "status", "code", "request_id", "error",
		"receiver_status", "payload_status", "created_at", "evidence", "count",
	}
	records := [][]string{header}
	// add writes cells by the names of their columns.
	add := func(cells map[string]string) {
		record := make([]string, len(header))
		for name, text := range cells {
			record[slices.Index(header, name)] = text
		}
		records = append(records, record)
	}
	named := map[[2]string]int{}
	for _, f := range r.Failures {
		named[[2]string{string(f.Entity), f.State}]++
		createdAt := ""
		if t := c.Created(f.Created); !t.IsZero() {
			createdAt = t.In(c.Zone).Format(time.RFC3339)
		}
		add(map[string]string{
			"entity": string(f.Entity), "id": f.ID, "created": f.Created, "state": f.State,
			"attempts": strconv.Itoa(f.Attempts), "status": statusCell(f.Status), "code": f.Code,
			"request_id": f.RequestID, "error": f.Error, "receiver_status": statusCell(f.ReceiverStatus),
			"payload_status": f.PayloadStatus, "created_at": createdAt, "count": "1",
		})
	}
	for _, e := range r.Entities {
		addState := func(state, evidence string, n int) {
			if n -= named[[2]string{string(e.Entity), state}]; n > 0 {
				add(map[string]string{"entity": string(e.Entity), "state": state, "evidence": evidence, "count": strconv.Itoa(n)})
			}
		}
		for _, n := range e.evidence() {
			state := "delivered"
			if n.Name == "counted" {
				state = n.Name
			}
			addState(state, n.Name, n.Count)
		}
		for _, n := range e.unknown() {
			addState(n.Name, "", n.Count)
		}
		addState("expired", "", e.Expired)
		addState("pending", "", e.Pending)
		addState("failed", "", e.Failed)
	}
	for _, s := range r.SetAside {
		add(map[string]string{
			"entity": string(s.Entity), "state": "set aside", "status": statusCell(s.Status), "code": s.Code,
			"request_id": s.RequestID, "error": s.when(c) + ": " + s.Reason,
		})
	}
	return render.CSV(w, records)
}

// statusCell is an HTTP status; empty if there is none.
func statusCell(status int) string {
	if status == 0 {
		return ""
	}
	return strconv.Itoa(status)
}
