package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
	"github.com/reenvio/reenvio-go/internal/bench/internal/rows"
	"github.com/reenvio/reenvio-go/internal/bench/internal/scale"
)

// child is this program in a process of its own, as one of its parts.
func child(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("a child of what?")
	}
	name := args[0]
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch name {
	case rows.ServerChild:
		return rows.Serve(ctx, in, out)
	case scale.EndlessChild:
		return result(out, func() (any, error) { return scale.Endless(ctx, arg(1)) })
	}
	n, err := strconv.Atoi(arg(1))
	if err != nil {
		return fmt.Errorf("child %q: %w", name, err)
	}
	switch name {
	case scale.InsideChild:
		return result(out, func() (any, error) { return scale.IterateInside(ctx, n) })
	case scale.IterateChild:
		return profiledResult(out, arg(3), func() (any, error) { return scale.Iterate(ctx, arg(2), n) })
	case scale.SimulatorChild:
		return scale.Simulate(in, out, n) //nolint:contextcheck // it ends with its input
	case scale.RecoverChild:
		var where scale.Simulated
		if err := json.Unmarshal([]byte(arg(2)), &where); err != nil {
			return err
		}
		return profiledResult(out, arg(3), func() (any, error) { return scale.Recover(ctx, &where, n) })
	}
	return fmt.Errorf("there is no child %q", name)
}

// result says the one thing that a child has found out.
func result(out io.Writer, f func() (any, error)) error {
	r, err := f()
	if err != nil {
		return err
	}
	return process.Serve(strings.NewReader(""), out, r, nil)
}

func profiledResult(out io.Writer, path string, f func() (any, error)) error {
	return result(out, func() (r any, err error) {
		err = rows.Profiled(path, func() (err error) {
			r, err = f()
			return err
		})
		return r, err
	})
}
