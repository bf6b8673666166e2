package main

import (
	"context"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// TestNoValueIsShown plants a secret in every variable, right and wrong ones, and
// looks for it in all that is printed or written.
func TestNoValueIsShown(t *testing.T) {
	t.Parallel()
	const planted = "PLANTED7c1f"
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/%zz"+planted)
		w.WriteHeader(http.StatusFound)
	}))
	t.Cleanup(elsewhere.Close)
	for name, set := range map[string]map[string]string{
		"as they should be":     {},
		"no client id":          {"CELCOIN_CLIENT_ID": ""},
		"a client id":           {"CELCOIN_CLIENT_ID": planted},
		"a secret":              {"CELCOIN_CLIENT_SECRET": planted},
		"a secret in quotes":    {"CELCOIN_CLIENT_SECRET": `"` + planted + `"`},
		"a URL with a password": {"CELCOIN_BASE_URL": "https://user:" + planted + "@127.0.0.1:1"},
		"a URL that is a text":  {"CELCOIN_BASE_URL": planted},
		"a URL with a query":    {"CELCOIN_BASE_URL": "https://127.0.0.1:1/?token=" + planted},
		"a key that is a text":  {"CELCOIN_CLIENT_CERT": planted, "CELCOIN_CLIENT_KEY": planted},
		"a key in PEM":          {"CELCOIN_CLIENT_CERT": planted, "CELCOIN_CLIENT_KEY": "-----BEGIN PRIVATE KEY-----\n" + planted + "\n-----END PRIVATE KEY-----"},
		"a passphrase":          {"CELCOIN_CLIENT_KEY_PASSPHRASE": planted},
		"Ceffu's key":           {"CEFFU_API_KEY": planted},
		"Ceffu's secret":        {"CEFFU_API_SECRET": planted},
		"Ceffu's URL":           {"CEFFU_BASE_URL": "https://user:" + planted + "@127.0.0.1:1"},
		"Ceffu's webhooks":      {"CEFFU_WEBHOOK_IDS": planted},
		"the gate":              {"RECOVER_GATE_URL": "http://user:" + planted + "@127.0.0.1:1/?token=" + planted},
		"the gate's login":      {"RECOVER_GATE_URL": "http://127.0.0.1:1", "RECOVER_GATE_USER": planted, "RECOVER_GATE_PASSWORD": planted},
		"the gate's redirect":   {"RECOVER_GATE_URL": elsewhere.URL},
		"half a login":          {"RECOVER_PULL_PASSWORD": planted},
		"answers with secrets":  {"": planted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := vendors(t, 3, nil)
			env := maps.Clone(w.env)
			maps.Copy(env, set)
			if name == "answers with secrets" {
				require.NoError(t, w.celcoin.Inject(celcointest.Fault{Operation: "count", Status: 403, Body: []byte("<html>" + planted + env["CELCOIN_CLIENT_SECRET"]), Times: -1}))
			}
			folder := t.TempDir()
			lines := ""
			for name, value := range env {
				if !strings.Contains(value, "\n") {
					lines += name + "=" + value + "\n"
				}
			}
			file := filepath.Join(folder, "env")
			require.NoError(t, os.WriteFile(file, []byte(lines), 0o600))
			page := filepath.Join(folder, "report.html")
			short := []string{"-max-wait", "100ms"}
			ceffu := []string{"-event", "deposit-success"} // more take their time
			var all strings.Builder
			for _, args := range [][]string{
				w.on("run", slices.Concat(short, ceffu, []string{"-from", "3h", "-id", "outage", "-yes", "-html", page, "-json"})...),
				w.on("run", slices.Concat(short, ceffu, []string{"-id", "outage", "-env-file", file, "-yes"})...),
				w.on("run", slices.Concat(short, ceffu, []string{"-id", "outage", "-pull-to", "http://127.0.0.1:1/?token=" + planted, "-yes"})...),
				w.on("report"), w.on("list"),
				w.on("watch", append(short, "-once", "-on-missing", "env")...),
			} {
				p := play(t, env, args...)
				all.WriteString(p.stdout + p.stderr)
			}
			written, err := os.ReadFile(page)
			if err == nil {
				all.Write(written)
			}
			journals := os.DirFS(w.dir)
			require.NoError(t, fs.WalkDir(journals, ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				text, err := fs.ReadFile(journals, path)
				all.Write(text)
				return err
			}))
			for _, secret := range []string{planted, w.env["CELCOIN_CLIENT_SECRET"], w.env["CEFFU_API_SECRET"], w.env["CEFFU_API_SECRET"][:40], w.env["CEFFU_API_KEY"]} {
				assert.NotContains(t, all.String(), secret)
			}
		})
	}
}

func TestAnEnvironmentFileStandsAlone(t *testing.T) {
	t.Parallel()
	w := vendors(t, 3, nil)
	file := filepath.Join(t.TempDir(), "sandbox.env")
	write := func(text string, mode fs.FileMode) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		require.NoError(t, os.Chmod(file, mode))
	}
	args := w.on("plan", "-from", "3h", "-env-file", file)
	lines := "# the sandbox\n\n"
	for name, value := range w.only("CELCOIN") {
		lines += "export " + name + "='" + value + "'\r\n"
	}
	write(lines, 0o600)
	p := play(t, map[string]string{"CELCOIN_CLIENT_SECRET": "of production", "CEFFU_API_KEY": "of production"}, args...)
	assert.Equal(t, exitDone, p.code, p.stderr)
	assert.Empty(t, p.stderr)
	assert.Contains(t, p.stdout, "-env-file "+file, "the next command says it too")

	write(lines, 0o644)
	p = play(t, nil, args...)
	assert.Equal(t, exitDone, p.code)
	assert.Contains(t, p.stderr, "chmod 600")

	write("CELCOIN_CLIENT_ID=x\nMIIEplanted\n", 0o600)
	p = play(t, nil, args...)
	assert.Equal(t, exitUsage, p.code)
	assert.Contains(t, p.stderr, "line 2")
	assert.NotContains(t, p.stderr, "planted")
}

func TestALineOfAnEnvironmentFileIsAsDotenvFilesHaveIt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	for line, want := range map[string]string{
		"NAME=value":                   "value",
		"NAME=":                        "",
		"export NAME=value":            "value",
		"NAME=a value":                 "a value",
		"NAME=value # a comment":       "value",
		"NAME=value\t#comment":         "value",
		"NAME= # a comment":            "",
		"NAME=value#not a comment":     "value#not a comment",
		"NAME=#not a comment":          "#not a comment",
		"NAME=https://a/?b=c#d":        "https://a/?b=c#d",
		`NAME="a # value"`:             "a # value",
		`NAME='a # "value"' # comment`: `a # "value"`,
		`NAME=" value "`:               " value ",
		`NAME="a\n$b"`:                 `a\n$b`,
		`NAME=it's`:                    "it's",
		`NAME=""`:                      "",
		"NAME":                         "error",
		"=value":                       "error",
		"A NAME=value":                 "error",
		`NAME="value`:                  "error",
		`NAME='value`:                  "error",
		`NAME="value" more`:            "error",
		`NAME="value"# no blank`:       "error",
	} {
		require.NoError(t, os.WriteFile(file, []byte("# first\n\n"+line+"\r\n"), 0o600))
		values, err := readEnvFile(file)
		if want == "error" {
			require.ErrorContains(t, err, "line 3: want NAME=value", line)
			continue
		}
		require.NoError(t, err, line)
		assert.Equal(t, map[string]string{"NAME": want}, values, line)
	}
}

// A full disk is told as such, with what to do about it.
func TestAFullDiskIsNamed(t *testing.T) {
	t.Parallel()
	j, err := newJob(t.Context(), []string{"list"}, os.Getenv, nil, nil, nil)
	require.NoError(t, err)
	text := j.explain(&fs.PathError{Op: "write", Path: "recoveries/x/plan.jsonl", Err: syscall.ENOSPC})
	assert.Contains(t, text, "Free space where the journals are (recoveries)")
	assert.NotContains(t, text, "receiver")
	assert.Equal(t, "interrupted", j.explain(context.Canceled))
}

// The command of -on-missing is another's program: what it prints or mails must
// not hold a secret.
func TestTheCommandOfOnMissingIsGivenNoSecret(t *testing.T) {
	t.Setenv("CELCOIN_CLIENT_SECRET", "PLANTED7c1f")
	w := vendors(t, 3, nil)
	p := play(t, w.only("CELCOIN"), w.on("watch", "-once", "-on-missing", "env")...)
	assert.Equal(t, exitPartial, p.code, p.stderr)
	assert.Contains(t, p.stderr, "RECOVER_PENDING=3")
	assert.NotContains(t, p.stderr, "PLANTED7c1f")
}
