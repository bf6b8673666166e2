package render

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// longestCell is how much text a cell gets. Spreadsheets take 32,767 characters.
const longestCell = 32_000

// CSV writes records as RFC 4180 has it, with CRLF, each cell on one line. A text
// that a spreadsheet would take for a formula gets an apostrophe in front.
func CSV(w io.Writer, records [][]string) error {
	var b strings.Builder
	cw := csv.NewWriter(&b)
	cw.UseCRLF = true
	for _, record := range records {
		cells := make([]string, len(record))
		for i, s := range record {
			cells[i] = csvCell(s)
		}
		if err := cw.Write(cells); err != nil {
			return fmt.Errorf("recovery: write CSV: %w", err)
		}
	}
	cw.Flush() // into memory
	_, err := io.WriteString(w, b.String())
	return err
}

// csvCell makes a text fit for a cell. What stands behind blanks counts too, since
// some spreadsheets skip them, and so do the full-width signs that Japanese
// versions take for the plain ones.
func csvCell(s string) string {
	text := redact.Text(s, longestCell)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, " "))
	if strings.ContainsRune("=+-@＝＋－＠", first) || strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") {
		return "'" + text
	}
	return text
}
