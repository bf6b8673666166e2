package main

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

func TestErrorsReadWellAndShowNoSecret(t *testing.T) {
	t.Parallel()
	const planted = "PLANTED-7c1f"
	nowhere := httptest.NewServer(http.NotFoundHandler())
	nowhere.Close()
	for name, c := range map[string]struct {
		celcoin celcointest.Fault
		set     map[string]string
		args    []string
		want    string
	}{
		"no network": {
			set: map[string]string{"CELCOIN_BASE_URL": nowhere.URL}, want: "no connection to the vendor; is the network up",
		},
		"wrong credentials": {
			set:  map[string]string{"CELCOIN_CLIENT_SECRET": planted + "-secret"},
			want: "check CELCOIN_CLIENT_ID and CELCOIN_CLIENT_SECRET",
		},
		"a web page": {
			celcoin: celcointest.Fault{Operation: "count", Body: []byte("<html>" + planted + "</html>"), Times: -1},
			want:    "is not Celcoin's JSON",
		},
		"forbidden": {
			celcoin: celcointest.Fault{Operation: "count", Status: 403, Body: []byte(planted), ContentType: "text/html", Times: -1},
			want:    "client certificate",
		},
		"no such path": {
			set: map[string]string{"CELCOIN_BASE_URL": "celcoin/elsewhere"}, want: "404",
		},
		"a gate with a password": {
			args: []string{"-gate", strings.Replace(nowhere.URL, "//", "//user:"+planted+"@", 1) + "/?token=" + planted, "-patience", "1ms"},
			want: "the health URL does not answer",
		},
		"a store that cannot be": {
			args: []string{"-store", "store/file"}, want: "not a directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := vendors(t, 5, nil)
			c := c
			if c.celcoin.Operation != "" {
				require.NoError(t, w.celcoin.Inject(c.celcoin))
			}
			require.NoError(t, w.ceffu.Inject(ceffutest.Fault{Body: []byte(planted), Times: -1}))
			for name, value := range c.set {
				w.env[name] = strings.Replace(value, "celcoin/", w.celcoin.URL+"/", 1)
			}
			file := filepath.Join(t.TempDir(), "file")
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			args := w.on("run", append([]string{"-from", "3h", "-id", "outage", "-yes"}, c.args...)...)
			for i := range args {
				if args[i] == "store/file" {
					args[i] = file
				}
			}
			p := play(t, w.env, args...)
			assert.Contains(t, []int{exitRefused, exitPartial}, p.code)
			assert.Contains(t, p.stdout+p.stderr, c.want)
			assert.LessOrEqual(t, strings.Count(p.stderr, "\n"), 1, p.stderr)
			all := p.stdout + p.stderr + p.kept(t, w.store)
			for _, secret := range []string{planted, w.env["CELCOIN_CLIENT_SECRET"], w.env["CEFFU_API_SECRET"], w.env["CEFFU_API_KEY"]} {
				assert.NotContains(t, all, secret)
			}
		})
	}
}

// kept is all that is written into a store.
func (played) kept(t *testing.T, store string) string {
	t.Helper()
	var all strings.Builder
	files := os.DirFS(store)
	names, err := fs.Glob(files, "*")
	require.NoError(t, err)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}
