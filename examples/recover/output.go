package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// finish prints what a command came to, in all forms that were asked for, and
// finds its exit code.
func (j *job) finish(ctx context.Context, id string, res *result) (int, error) {
	j.progress.end()
	if refused(res.report) {
		j.sayHow(ctx, "resume", id)
		return failed(res.err)
	}
	code := res.code(ctx)
	if res.report != nil {
		if err := j.print(res.report); err != nil {
			return code, errors.Join(res.err, err)
		}
	}
	writeTable(j.say, res.rows)
	if j.html != "" && res.report != nil {
		if err := writeHTML(j.html, res.report); err != nil {
			return code, errors.Join(res.err, err)
		}
		fmt.Fprintln(j.say, "\nThe report as a page:", j.html)
	}
	if code == exitPartial && res.unfinished(ctx) {
		fmt.Fprintf(j.say, "\nTo go on: %s\n", j.goOn("resume", id))
	}
	return code, res.err
}

// sayHow tells after an interrupt how to go on.
func (j *job) sayHow(ctx context.Context, command, id string) {
	if ctx.Err() != nil && id != "" {
		j.progress.end()
		fmt.Fprintf(j.say, "\nTo go on: %s\n", j.goOn(command, id))
	}
}

// print writes Celcoin's report. Without a command the table is all.
func (j *job) print(r *recovery.Report) error {
	switch {
	case j.json:
		return r.WriteJSON(j.stdout)
	case j.csv:
		return r.WriteCSV(j.stdout)
	case j.command == "":
		if r.Reason != "" {
			fmt.Fprintf(j.say, "\n%s: %s\n", r.State, r.Reason)
		}
		return nil
	}
	fmt.Fprintln(j.say)
	return r.WriteText(j.say)
}

// checkOutput finds out early what would be a pity to find out late.
func (j *job) checkOutput() error {
	if j.html == "" {
		return nil
	}
	//nolint:gosec // the command line says where
	if info, err := os.Stat(filepath.Dir(j.html)); err != nil || !info.IsDir() {
		return usagef("-html %s: there is no such folder", j.html)
	}
	//nolint:gosec // as above
	if info, err := os.Stat(j.html); err == nil && !info.Mode().IsRegular() {
		return usagef("-html %s is no file", j.html)
	}
	return nil
}

func writeHTML(path string, r *recovery.Report) error {
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		return err
	}
	return os.WriteFile(path, page.Bytes(), 0o600) //nolint:gosec // the command line says where
}
