package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestATimeIsHowLongAgoOrADateOfTheZone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		text, zone string
		want       time.Time
	}{
		{"now", "", now},
		{"2h", "", now.Add(-2 * time.Hour)},
		{"6h30m", "", now.Add(-390 * time.Minute)},
		{"3d", "", now.Add(-72 * time.Hour)},
		{"1d12h", "", now.Add(-36 * time.Hour)},
		{"2026-01-31T03:00:00-03:00", "", now.Add(-6 * time.Hour)},
		{"2026-01-31T11:59:00Z", "", now.Add(-time.Minute)},
		{"2026-01-31 01:10", "", now.Add(-7*time.Hour - 50*time.Minute)},
		{"2026-01-31T01:10:05", "", now.Add(-7*time.Hour - 49*time.Minute - 55*time.Second)},
		{"2026-01-31", "", now.Add(-9 * time.Hour)},
		{"2026-01-31 01:10", "UTC", now.Add(-10*time.Hour - 50*time.Minute)},
		{"2026-01-31 01:10", "+02:00", now.Add(-12*time.Hour - 50*time.Minute)},
		{"2026-01-31 01:10", "America/Manaus", now.Add(-6*time.Hour - 50*time.Minute)},
		{"2026-01-31 01:10", "America/Sao_Paulo", now.Add(-7*time.Hour - 50*time.Minute)},
	} {
		args := []string{"plan", "-from", c.text}
		if c.zone != "" {
			args = append(args, "-tz", c.zone)
		}
		o, err := readOptions(args, now)
		require.NoError(t, err, c.text)
		assert.WithinDuration(t, c.want, o.request.From, 0, "%s in %s", c.text, c.zone)
		assert.WithinDuration(t, now, o.request.To, 0, "until now, unless told")
	}
	for _, text := range []string{"-2h", "2", "yesterday", "2026-01-32", "2 h", "Now", "1.5d", "d", "9999999d"} {
		_, err := readOptions([]string{"plan", "-from", text}, now)
		require.ErrorContains(t, err, "RFC 3339", text)
	}
	_, err := readOptions([]string{"plan", "-from", "2h", "-tz", "Brasilia"}, now)
	assert.ErrorContains(t, err, "-tz")
}

func TestAnEntityThatIsNotKnownIsRefusedWithTheNearest(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"-entity pix-paymnet-in":                      "did you mean pix-payment-in?",
		"-entity pix-payment-in,pix-reversal-ni":      "did you mean pix-reversal-in?",
		"-entity chargein -product baas-v1":           "did you mean charge-in?",
		"-entity something-altogether-different":      "-any-entity",
		"-entity pix-payment-in,":                     "want names",
		"-entity charge-in -any-entity -product card": "want pix, baas or baas-v1",
	} {
		_, err := readOptions(append([]string{"plan", "-from", "2h"}, strings.Fields(line)...), time.Now())
		require.ErrorContains(t, err, want, line)
	}
	for line, want := range map[string][]celcoin.Entity{
		"":                                   celcoin.PixEntities(),
		"-product baas":                      celcoin.BaaSEntities(),
		"-entity a,b -entity c -any-entity":  {"a", "b", "c"},
		"-entity charge-in -product baas-v1": {"charge-in"},
	} {
		o, err := readOptions(append([]string{"plan", "-from", "2h"}, strings.Fields(line)...), time.Now())
		require.NoError(t, err, line)
		assert.Equal(t, want, o.request.Entities, line)
	}
}

func TestTheFlagYesIsYesToAllOrToOnePlan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"-yes": "true", "-yes=true": "true", "-yes=false": "", "-yes=0123abCD": "0123abcd",
	} {
		o, err := readOptions([]string{"run", text}, time.Now())
		require.NoError(t, err, text)
		assert.Equal(t, want, o.yes, text)
	}
	for _, text := range []string{"-yes=0123abc", "-yes=0123abcx", "-yes="} {
		_, err := readOptions([]string{"run", text}, time.Now())
		assert.Error(t, err, text)
	}
}

func TestFlagsThatMakeNoSenseAreUsageErrorsOfOneLine(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	for name, line := range map[string]string{
		"no -from":                        "run",
		"no -from of a plan":              "plan",
		"an unknown command":              "recover -from 2h",
		"-from after -to":                 "run -from 2026-01-31T03:00:00Z -to 2026-01-30T03:00:00Z",
		"an argument":                     "run -from 2h now",
		"an unknown flag":                 "run -form 2h",
		"a flag of another command":       "plan -from 2h -html x",
		"an entity of another product":    "plan -from 2h -entity charge-in -vendor celcoin",
		"one of another product to watch": "watch -product baas -entity pix-med-refund",
		"a gate that is not a URL":        "run -from 2h -gate localhost:80",
		"a target with a login in it":     "run -from 2h -pull-to https://user:planted@receiver.example/",
		"a target that is not a URL":      "run -from 2h -pull-to receiver.example",
		"a negative margin":               "run -from 2h -margin -1h",
		"no rate":                         "run -from 2h -rate 0",
		"no concurrency":                  "run -from 2h -concurrency 0 -yes -vendor celcoin",
		"both formats":                    "run -from 2h -json -csv",
		"a vendor that does not exist":    "run -from 2h -vendor celcion",
		"an event that does not exist":    "run -from 2h -event deposit",
		"a format that Ceffu has not":     "run -from 2h -vendor ceffu -csv -yes",
		"an -id that is not a name":       "run -from 2h -id ../x -yes",
		"a page in no folder":             "run -from 2h -html /no/such/folder/x.html -yes",
		"resume of nothing":               "resume",
		"verify of nothing":               "verify",
		"report of nothing":               "report",
		"an -id? of a report":             "report -id ../x",
		"a file that is not there":        "run -env-file /no/such/file",
		"listening without a login":       "listen",
		"the completion of another shell": "completion fish",
		"the help of another command":     "help fish",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(line)
			if c, _ := commandOf(args[0]); c.takes("dir") {
				args = append(args, "-dir", t.TempDir())
			}
			p := play(t, w.env, args...)
			assert.Equal(t, exitUsage, p.code, p.stderr)
			assert.Empty(t, p.stdout)
			assert.Equal(t, 1, strings.Count(p.stderr, "\n"), p.stderr)
			assert.NotRegexp(t, "planted|WithBasicAuth|inbox:", p.stderr, "neither secrets nor names of Go's")
		})
	}
}

func TestTheShellIsToldCommandsFlagsIDsAndEntities(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	for _, id := range []string{"outage-1", "outage-2"} {
		require.Equal(t, exitDone, play(t, w.only("CELCOIN"), w.on("plan", "-from", "3h", "-id", id)...).code)
	}
	require.NoError(t, os.Mkdir(filepath.Join(w.dir, "$(touch x)"), 0o700)) // a shell reads the names
	for line, want := range map[string]string{
		"re":                                 "resume report",
		"resume -fa":                         "-failure-limit",
		"resume -id ":                        "outage-1 outage-2",
		"run -entity pix-payment":            "pix-payment-in pix-payment-out",
		"run -product baas -entity charge-c": "charge-create charge-canceled",
		"run -product b":                     "baas baas-v1",
		"run -event dep":                     "deposit-success deposit-failed",
		"completion ":                        "bash zsh",
		"run -html ":                         "", // files, which the shell knows
	} {
		words := strings.Split(line, " ")
		if words[0] == "resume" {
			words = append([]string{"resume", "-dir", w.dir}, words[1:]...)
		}
		p := play(t, nil, append([]string{"complete"}, words...)...)
		assert.Equal(t, want, strings.Join(strings.Fields(p.stdout), " "), line)
	}
}

// TestMain lets a shell of a test call this program.
func TestMain(m *testing.M) {
	if os.Getenv("RECOVER_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// The completion as the shells see it. In place of zsh's own functions, which work
// in its line editor alone, stand some that print what they are given.
func TestBashAndZshComplete(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, id := range []string{"outage-1", "outage-2"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, id), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, id, "plan.jsonl"), nil, 0o600))
	}
	for shell, script := range map[string]string{
		"bash": `probe() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _recover; echo "${COMPREPLY[@]}"; }`,
		"zsh": `compdef() { :; }; compadd() { print -r -- ${(P)2}; }; _files() { print -r -- files; }
			probe() { words=("$@"); CURRENT=$#; _recover; }`,
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip(shell + " is not installed")
			}
			files := map[string]string{"bash": "", "zsh": "files"}[shell] // what bash finds itself
			script += `
				recover() { RECOVER_TEST_MAIN=1 "$PROGRAM" "$@"; }
				eval "$(recover completion ` + shell + `)"
				probe recover re
				probe recover resume -fa
				probe recover resume -dir "$DIR" -id ""
				probe recover run -product baas -entity charge-c
				probe recover run -html ""
			`
			c := exec.CommandContext(t.Context(), path, "-c", script)
			c.Env = append(os.Environ(), "PROGRAM="+os.Args[0], "DIR="+dir)
			text, err := c.CombinedOutput()
			require.NoError(t, err, "%s", text)
			assert.Equal(t, []string{
				"resume report", "-failure-limit", "outage-1 outage-2", "charge-create charge-canceled", files,
			}, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
		})
	}
}
