package process

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be its own child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Argument {
		os.Exit(echo(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// echo answers with what it is asked, until it is told to fail.
func echo(args []string) int {
	err := Serve(os.Stdin, os.Stdout, args, func(question string) (any, error) {
		if question == "fail" {
			return nil, errors.New("told to")
		}
		return "you said " + question, nil
	})
	if err != nil {
		return 3
	}
	return 0
}

func TestAChildSaysWhenItIsReadyAndAnswersUntilItIsClosed(t *testing.T) {
	t.Parallel()
	var ready []string
	c, err := Start(t.Context(), &ready, "one", "two words")
	require.NoError(t, err)
	assert.Equal(t, []string{"one", "two words"}, ready)
	for _, word := range []string{"a", "b"} {
		var answer string
		require.NoError(t, c.Ask(word, &answer))
		assert.Equal(t, "you said "+word, answer)
	}
	require.NoError(t, c.Close())
	require.Error(t, c.Ask("a", new(string)), "it has ended")
}

func TestAChildThatDoesOneThingIsWaitedFor(t *testing.T) {
	t.Parallel()
	var result []string
	require.NoError(t, Run(t.Context(), &result, "done"))
	assert.Equal(t, []string{"done"}, result)
}

func TestAChildThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	var ready []string
	c, err := Start(t.Context(), &ready)
	require.NoError(t, err)
	require.ErrorContains(t, c.Ask("fail", new(string)), "a child process ended early")
	var exit *exec.ExitError
	require.ErrorAs(t, c.Close(), &exit)
	assert.Equal(t, 3, exit.ExitCode())

	require.Error(t, Run(t.Context(), new(int)), "what it says is no number")
}

func TestAConversationIsLinesOfJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, Serve(strings.NewReader("x\ny\n"), &out, 1, func(q string) (any, error) { return q, nil }))
	assert.Equal(t, "1\n\"x\"\n\"y\"\n", out.String())
}
