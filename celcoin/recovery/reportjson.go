package recovery

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
)

// WriteJSON writes the report as indented JSON: all that it holds, under the
// names of its fields' tags. Times are RFC 3339; active_seconds is a number of
// seconds with a fraction. Text is as it is in the report, uncut.
// [json.Unmarshal] into a Report gives the same report back.
func (r *Report) WriteJSON(w io.Writer) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("recovery: report as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// plainReport is a Report without its methods, which would call themselves.
type plainReport Report

// reportDocument is a report in JSON. Its ActiveSeconds stands for Active,
// which has the same name in JSON and lies deeper.
type reportDocument struct {
	plainReport

	ActiveSeconds float64 `json:"active_seconds"`
}

// MarshalJSON writes Active in seconds, and no entities as an empty list.
func (r Report) MarshalJSON() ([]byte, error) {
	document := reportDocument{plainReport(r), r.Active.Seconds()}
	if document.Entities == nil {
		document.Entities = []EntityReport{}
	}
	return json.Marshal(document)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Report) UnmarshalJSON(data []byte) error {
	document := reportDocument{plainReport(*r), r.Active.Seconds()}
	if err := json.Unmarshal(data, &document); err != nil {
		return err
	}
	*r = Report(document.plainReport)
	// Rounded, as a fraction that is exact in decimal seldom is in binary.
	r.Active = time.Duration(math.Round(document.ActiveSeconds * float64(time.Second)))
	return nil
}
