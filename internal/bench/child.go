package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// childArgument is the first argument of a program that runs as a part of itself:
// as a server, so that it shares neither heap nor scheduler with what is measured,
// or as something whose memory is that of a whole process.
const childArgument = "child"

// start runs a part in another process and decodes the line of JSON with which it
// says that it is ready, or what it measured. It runs until stop is called.
func start(ctx context.Context, line any, args ...string) (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{childArgument}, args...)...) //nolint:gosec // itself
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
	stop = func() error { return errors.Join(in.Close(), cmd.Wait()) }
	if err := json.NewDecoder(out).Decode(line); err != nil {
		return nil, fmt.Errorf("part %v: %w", args, errors.Join(err, stop()))
	}
	return stop, nil
}

// child is the other side of start: it says a URL and serves until its input ends, or
// it says what it measured.
func child(ctx context.Context, name, argument string, in io.Reader, out io.Writer) error {
	var line any
	var err error
	stop := func() {}
	switch name {
	case "server":
		s := httptest.NewServer(http.HandlerFunc(serve))
		line, stop = s.URL, s.Close
	case "simulator":
		line, stop, err = simulate(argument)
	case "iterate":
		line, err = iterateInside(ctx, argument)
	case "refuse":
		line, err = refuse(ctx, argument)
	case "replay":
		line, err = recoverAll(ctx, argument)
	case "pull":
		line, err = recoverAll(ctx, argument, recovery.WithPull(func(context.Context, celcoin.Webhook) error { return nil }))
	default:
		err = fmt.Errorf("there is no part %q", name)
	}
	if err != nil {
		return err
	}
	defer stop()
	if err := json.NewEncoder(out).Encode(line); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}
