package main

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestATimeIsHowLongAgoOrNowOrADate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"now":                       now,
		"2h":                        now.Add(-2 * time.Hour),
		"1h30m":                     now.Add(-90 * time.Minute),
		"45s":                       now.Add(-45 * time.Second),
		"0s":                        now,
		"2026-01-31T03:00:00-03:00": now.Add(-6 * time.Hour),
		"2026-01-31T11:59:00Z":      now.Add(-time.Minute),
	} {
		o, err := readOptions([]string{"plan", "-from", text}, now)
		require.NoError(t, err, text)
		assert.WithinDuration(t, want, o.from, 0, text)
		assert.WithinDuration(t, now, o.to, 0, "until now, unless told")
	}
	for _, text := range []string{"", "-2h", "2", "yesterday", "2026-01-31", "2026-01-31T03:00:00", "2 h", "Now"} {
		_, err := readOptions([]string{"plan", "-from", text}, now)
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), "RFC 3339", text)
	}
}

func TestEntitiesAreAListOrRepeated(t *testing.T) {
	t.Parallel()
	o, err := readOptions(strings.Fields("plan -from 2h -entity a,b -entity c"), time.Now())
	require.NoError(t, err)
	assert.Equal(t, []celcoin.Entity{"a", "b", "c"}, o.entities)
	o, err = readOptions(strings.Fields("plan -from 2h"), time.Now())
	require.NoError(t, err)
	assert.Equal(t, celcoin.PixEntities(), o.entities)
	o, err = readOptions(strings.Fields("plan -from 2h -product baas"), time.Now())
	require.NoError(t, err)
	assert.Equal(t, celcoin.ProductBaaS, newJob(o, nil, nil, nil).request().Product)
	assert.Equal(t, celcoin.BaaSEntities(), o.entities)
	_, err = readOptions(strings.Fields("plan -from 2h -product card"), time.Now())
	assert.ErrorContains(t, err, "want pix or baas")
}

func TestTheFlagYesIsYesToAllOrToOnePlan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]consent{
		"-yes":          {given: true},
		"-yes=true":     {given: true},
		"-yes=false":    {},
		"-yes=0123abCD": {given: true, digest: "0123abcd"},
	} {
		o, err := readOptions([]string{text}, time.Now())
		require.NoError(t, err, text)
		assert.Equal(t, want, o.yes, text)
	}
	for _, text := range []string{"-yes=0123abc", "-yes=0123abcx", "-yes="} {
		_, err := readOptions([]string{text}, time.Now())
		assert.Error(t, err, text)
	}
}

func TestFlagsThatMakeNoSenseAreUsageErrorsOfOneLine(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	for name, line := range map[string]string{
		"no -from":                      "",
		"no -from of a plan":            "plan",
		"an unknown command":            "recover -from 2h",
		"a date without offset":         "-from 2026-01-31T03:00:00",
		"-from after -to":               "-from 2026-01-31T03:00:00Z -to 2026-01-30T03:00:00Z",
		"an argument":                   "-from 2h now",
		"an unknown flag":               "-form 2h",
		"a flag of another command":     "plan -from 2h -html x",
		"a gate that is no URL":         "run -from 2h -gate localhost:80",
		"a negative margin":             "run -from 2h -margin -1h",
		"no rate":                       "run -from 2h -rate 0",
		"no concurrency":                "run -from 2h -concurrency 0 -yes -vendor celcoin",
		"a short window":                "plan -from 2h -window 1ms -vendor celcoin",
		"both formats":                  "run -from 2h -json -csv",
		"a vendor that nobody knows":    "run -from 2h -vendor celcion",
		"a format that Ceffu has not":   "run -from 2h -vendor ceffu -json -yes",
		"an -id that is no name":        "run -from 2h -id ../x -yes",
		"an -id of Ceffu's part":        "run -from 2h -id x.ceffu -yes",
		"a page in no folder":           "run -from 2h -html /no/such/folder/x.html -yes",
		"resume of nothing":             "resume",
		"verify of nothing":             "verify",
		"report of nothing, by an -id?": "report -id ../x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(line)
			if strings.Contains(line, "run") || strings.HasPrefix(line, "plan -") || strings.HasPrefix(line, "re") || strings.HasPrefix(line, "verify") {
				args = append(args, "-store", t.TempDir())
			}
			p := play(t, w.env, args...)
			assert.Equal(t, exitUsage, p.code, p.stderr)
			assert.Empty(t, p.stdout)
			assert.Equal(t, 1, strings.Count(p.stderr, "\n"), p.stderr)
		})
	}
	assert.NotErrorIs(t, usagef("x"), flag.ErrHelp)
}
