// Package process runs parts of the program in processes of their own: the
// server, so that it shares neither heap nor scheduler with what is measured,
// and whatever is weighed by the memory of a whole process.
package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// Argument is the first one of a program that is a child of itself.
const Argument = "child"

// Child is this program in another process. It is asked a line and answers a
// line of JSON, and ends when its input does.
type Child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	mu  sync.Mutex
}

// Start runs this program again as a child with these arguments, and decodes the
// line with which it says that it is ready.
func Start(ctx context.Context, ready any, args ...string) (*Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(exec.CommandContext(ctx, self, append([]string{Argument}, args...)...), ready) //nolint:gosec // itself
}

func start(cmd *exec.Cmd, ready any) (*Child, error) {
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &Child{cmd: cmd, in: in, out: bufio.NewReader(out)}
	if err := c.read(ready); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Ask sends a line and decodes the answer.
func (c *Child) Ask(question string, answer any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := io.WriteString(c.in, question+"\n"); err != nil {
		return err
	}
	return c.read(answer)
}

func (c *Child) read(into any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("a child process ended early: %w", err)
	}
	return json.Unmarshal(line, into)
}

// Close ends the child and waits for it.
func (c *Child) Close() error {
	return errors.Join(c.in.Close(), c.cmd.Wait())
}

// Run starts a child that does one thing, and decodes what it says when it is done.
func Run(ctx context.Context, result any, args ...string) error {
	c, err := Start(ctx, result, args...)
	if err != nil {
		return err
	}
	return c.Close()
}

// Serve is a child's side of a conversation: it says ready, then answers line by
// line until there are no more.
func Serve(in io.Reader, out io.Writer, ready any, answer func(question string) (any, error)) error {
	lines := json.NewEncoder(out)
	if err := lines.Encode(ready); err != nil {
		return err
	}
	questions := bufio.NewScanner(in)
	for questions.Scan() {
		a, err := answer(questions.Text())
		if err != nil {
			return err
		}
		if err := lines.Encode(a); err != nil {
			return err
		}
	}
	return questions.Err()
}
