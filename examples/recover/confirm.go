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

// consent is the flag -yes: nothing, yes to whatever is found, or yes to a plan
// whose digest begins as given.
type consent struct {
	given  bool
	digest string
}

// shownDigest is how much of a digest stands for the whole.
const shownDigest = 8

// String is for package flag.
func (c *consent) String() string { return c.digest }

// IsBoolFlag lets the flag stand alone.
func (c *consent) IsBoolFlag() bool { return true }

// Set reads the flag.
func (c *consent) Set(s string) error {
	switch s = strings.ToLower(s); {
	case s == "true", s == "false":
		*c = consent{given: s == "true"}
		return nil
	case len(s) < shownDigest || strings.Trim(s, "0123456789abcdef") != "":
		return fmt.Errorf("want nothing, or the first %d characters of a plan's digest", shownDigest)
	}
	*c = consent{given: true, digest: s}
	return nil
}

// errUnconfirmed: nobody said yes to the plan.
var errUnconfirmed = errors.New("nothing was replayed")

// confirm asks whoever sits at the terminal to type the beginning of the plan's
// digest, unless the command line has said yes already.
func (j *job) confirm(ctx context.Context, p *plans) error {
	digest := p.digest()
	short := digest[:min(shownDigest, len(digest))]
	again := j.line("run", p.id)
	if p.celcoin == nil {
		again = j.line("run", "", j.ceffuOnly(p.ceffu)...)
	}
	switch {
	case j.yes.given && !strings.HasPrefix(digest, j.yes.digest):
		return fmt.Errorf("%w: the plan's digest begins with %s, not as -yes has it", errUnconfirmed, short)
	case j.yes.given:
		return nil
	case !isTerminal(j.stdin):
		return fmt.Errorf("%w: it was not confirmed. For exactly this plan: %s -yes=%s", errUnconfirmed, again, short)
	}
	fmt.Fprintf(j.say, "\nTo replay all of that, type the first %d characters of the digest (%s): ", shownDigest, short)
	typed, err := readLine(ctx, j.stdin)
	if err != nil {
		fmt.Fprintf(j.say, "\nNothing was replayed. To go on: %s\n", again)
		return err
	}
	if strings.ToLower(strings.TrimSpace(typed)) != short {
		return fmt.Errorf("%w: it was not confirmed. The plan is kept: %s", errUnconfirmed, again)
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
