package report

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"time"
)

// Setting is what a figure was measured on.
type Setting struct {
	Date   string `json:"date"`
	Go     string `json:"go"`
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Cores  int    `json:"cores"`
	Rounds int    `json:"rounds"`
	Seed   uint64 `json:"seed"`
	Quick  bool   `json:"quick"`
}

// NewSetting describes this machine, now.
func NewSetting(rounds int, seed uint64, quick bool) Setting {
	return Setting{
		Date: time.Now().UTC().Format(time.DateOnly),
		Go:   runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(),
		Rounds: rounds, Seed: seed, Quick: quick,
	}
}

// Write is one line.
func (s *Setting) Write(w io.Writer) {
	fmt.Fprintf(w, "%s, %s %s/%s, %d cores, %d rounds, seed %d\n", s.Date, s.Go, s.OS, s.Arch, s.Cores, s.Rounds, s.Seed)
	if s.Quick {
		fmt.Fprintln(w, "quick: fewer rounds and smaller numbers than the figures are stated for")
	}
}

// WriteJSON writes anything, indented.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
