package main

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

func TestMistakesAreOneLine(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a loopback socket opens at once
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, taken.Close()) })
	port0 := []string{"-celcoin", "127.0.0.1:0", "-ceffu", "127.0.0.1:0"}
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"an unknown flag", []string{"-mised", "3"}, exitUsage, "-mised"},
		{"an argument", []string{"now"}, exitUsage, `unexpected argument "now"`},
		{"a number that is none", []string{"-missed", "many"}, exitUsage, "-missed"},
		{"a negative number", []string{"-missed", "-1"}, exitUsage, "-missed -1"},
		{"too many", []string{"-missed", "1000001"}, exitUsage, "-missed 1000001"},
		{"a receiver that is no URL", []string{"-deliver-to", "localhost:9000"}, exitUsage, "-deliver-to"},
		{"a receiver of another scheme", []string{"-deliver-to", "ftp://127.0.0.1/"}, exitUsage, "-deliver-to"},
		{"a clock that is no duration", []string{"-clock", "tomorrow"}, exitUsage, "-clock"},
		{"a clock beyond all calendars", append(port0, "-clock", "2000000h"), exitUsage, "-clock"},
		{"a fault without a colon", []string{"-fault", "replay"}, exitUsage, "no colon"},
		{"a fault of a call that there is not", []string{"-fault", "resent:reset"}, exitUsage, "ceffu.resend, celcoin, celcoin.token"},
		{"a fault that contradicts itself", []string{"-fault", "replay:hang,status=500"}, exitUsage, "Hang leaves no room for Status"},
		{"a negative delay", []string{"-replay-delay", "-1s"}, exitUsage, "-replay-delay"},
		{"a short token", []string{"-token-lifetime", "1ms"}, exitUsage, "-token-lifetime"},
		{"a rate without time", []string{"-rate-limit", "10"}, exitUsage, "10/1m"},
		{"a rate of nothing", []string{"-rate-limit", "0/1m"}, exitUsage, "10/1m"},
		{"a rate with a word too many", []string{"-rate-limit", "1/1m,later"}, exitUsage, "10/1m"},
		{"a reading that there is not", []string{"-reading", "celcoin.nice"}, exitUsage, `no reading "celcoin.nice"`},
		{"a reading without its value", []string{"-reading", "celcoin.max-window"}, exitUsage, "celcoin.max-window=24h"},
		{"a reading with a value too many", []string{"-reading", "celcoin.true-dates=1"}, exitUsage, "takes no value"},
		{"a reading with a wrong value", []string{"-reading", "ceffu.suspended=maybe"}, exitUsage, "want ignored, refused or delivered"},
		{"readings that exclude each other", append(port0, "-reading", "celcoin.true-dates,celcoin.shifted-dates"), exitUsage, "exclude each other"},
		{"an address in use", []string{"-celcoin", taken.Addr().String(), "-ceffu", "127.0.0.1:0"}, exitFailed, "-celcoin " + taken.Addr().String()},
		{"the second address in use", []string{"-celcoin", "127.0.0.1:0", "-ceffu", taken.Addr().String()}, exitFailed, "address already in use"},
		{"an address that others reach", []string{"-celcoin", "0.0.0.0:0"}, exitFailed, "not a loopback address"},
		{"an address without a host", []string{"-ceffu", ":8081", "-celcoin", "127.0.0.1:0"}, exitFailed, "-ceffu"},
		{"an address without a port", []string{"-celcoin", "127.0.0.1"}, exitFailed, "want host:port"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := refuse(t, test.args...)
			assert.Equal(t, test.code, code)
			assert.Empty(t, stdout)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
			assert.True(t, strings.HasPrefix(stderr, "sandbox: "), stderr)
			assert.Contains(t, stderr, test.says)
		})
	}
}

func TestHelpNamesEveryFlagKeyAndReading(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"-h", "-help", "--help"} {
		code, stdout, stderr := refuse(t, flag)
		assert.Equal(t, exitDone, code)
		assert.Empty(t, stderr)
		for _, name := range []string{
			"-celcoin", "-ceffu", "-tls", "-missed", "-deliver-to", "-replay-delay", "-clock", "-seed",
			"-fault", "-rate-limit", "-token-lifetime", "-reading",
		} {
			assert.Contains(t, stdout, "\n  "+name+" ")
		}
		for _, key := range console.FaultKeys() {
			assert.Contains(t, stdout, key.About)
		}
		for _, r := range readings() {
			assert.Contains(t, stdout, r.about)
		}
		for line := range strings.Lines(stdout) {
			assert.LessOrEqual(t, len([]rune(line)), 121, line)
		}
	}
}

func TestEveryReadingStarts(t *testing.T) {
	t.Parallel()
	for _, r := range readings() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			name := r.name
			if r.form != "" {
				name += "=" + r.form
			}
			p := begin(t, "-missed", "1", "-reading", name)
			assert.Equal(t, exitDone, p.end())
		})
	}
}

func TestAFaultOfTheFlagIsArmedWhereItSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault          string
		celcoin, ceffu string
	}{
		{"replay:status=503,retry-after=2,times=3", "status 503, retry after \\\"2\\\"", ""},
		{"celcoin.replay:reset,processed", "connection reset, after processing", ""},
		{"ceffu.resend:code=G20012,status=200", "", "status 200, code \\\"G20012\\\""},
		{"ceffu:hang", "", "hang"},
		{"*:delay-headers=1ms,probability=0.1", "headers after 1ms", "headers after 1ms"},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			p := begin(t, "-missed", "0", "-fault", test.fault)
			for vendor, want := range map[string]string{"CELCOIN": test.celcoin, "CEFFU": test.ceffu} {
				state := p.console(t, vendor, "state.json", "")
				if want == "" {
					assert.Contains(t, state, `"faults": []`)
				} else {
					assert.Contains(t, state, `"fault": "`+want+`"`)
				}
			}
		})
	}
}
