package recovery

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// reportCell is how much text a cell gets. Spreadsheets take 32,767 characters.
const reportCell = 32_000

// WriteCSV writes the failures as RFC 4180 has it: UTF-8 without a byte order
// mark, CRLF, a header, then one line a failure, the first 1,000. A status of 0
// is an empty cell.
//
// Totals are not in it, as a file with two tables is read by no program:
// [Report.WriteJSON] has them, and how many failures there are beyond these.
//
// A text that a spreadsheet would take for a formula gets an apostrophe in
// front. So a program that reads ids from the file takes one apostrophe off an
// id that begins with one; Celcoin's do not begin with any such character.
func (r *Report) WriteCSV(w io.Writer) error {
	var b bytes.Buffer
	cw := csv.NewWriter(&b)
	cw.UseCRLF = true
	records := [][]string{{"entity", "id", "created", "state", "attempts", "status", "code", "request_id", "error"}}
	for _, f := range r.Failures {
		status := ""
		if f.Status != 0 {
			status = strconv.Itoa(f.Status)
		}
		records = append(records, []string{
			reportText(string(f.Entity)), reportText(f.ID), reportText(f.Created), reportText(f.State),
			strconv.Itoa(f.Attempts), status,
			reportText(f.Code), reportText(f.RequestID), reportText(f.Error),
		})
	}
	if err := cw.WriteAll(records); err != nil {
		return fmt.Errorf("recovery: report as CSV: %w", err)
	}
	_, err := b.WriteTo(w)
	return err
}

// reportText makes a text fit for a cell: on one line, and no formula. What
// stands behind blanks counts too, since some spreadsheets skip them, and so do
// the full-width signs that Japanese versions take for the plain ones.
func reportText(s string) string {
	line := redact.Text(s, reportCell)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, " "))
	if strings.ContainsRune("=+-@＝＋－＠", first) || strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") {
		return "'" + line
	}
	return line
}
