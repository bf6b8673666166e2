package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"
)

// shownDigest is how much of a digest stands for the whole.
const shownDigest = 8

// errUnconfirmed: the plan was not confirmed.
var errUnconfirmed = errors.New("nothing was replayed")

// confirm asks whoever sits at the terminal to type the beginning of the plan's
// digest, unless the command line has said yes already.
func (j *job) confirm(ctx context.Context, w *work) error {
	short := w.digest[:shownDigest]
	switch {
	case j.yes == "true", j.yes != "" && strings.HasPrefix(w.digest, j.yes):
		return nil
	case j.yes != "":
		return fmt.Errorf("%w: the plan's digest begins with %s, not as -yes has it", errUnconfirmed, short)
	case !isTerminal(j.stdin):
		return fmt.Errorf("%w: it was not confirmed. For exactly this plan: %s -yes=%s", errUnconfirmed, w.line, short)
	}
	fmt.Fprintf(j.say, "\nTo replay all of that, type the first %d characters of the digest (%s): ", shownDigest, short)
	typed, err := readLine(ctx, j.stdin)
	if err != nil {
		fmt.Fprintf(j.say, "\nNothing was replayed. To go on: %s\n", w.line)
		return err
	}
	if strings.ToLower(strings.TrimSpace(typed)) != short {
		return fmt.Errorf("%w: it was not confirmed. The plan is kept: %s", errUnconfirmed, w.line)
	}
	return nil
}

// readLine waits for a line no longer than ctx lasts. What reads then goes on
// until the program ends.
func readLine(ctx context.Context, r io.Reader) (string, error) {
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(r).ReadString('\n') // an end without a line confirms nothing
		lines <- line
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line := <-lines:
		return line, nil
	}
}

// isTerminal tells whether somebody sits there.
func isTerminal(stream any) bool {
	if t, ok := stream.(interface{ IsTerminal() bool }); ok { // of a test
		return t.IsTerminal()
	}
	file, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}
