package simulator_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	for _, way := range ways() {
		t.Run(way.name+"/a client that takes gzip gets the same body", func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			require.NoError(t, core.Inject(simulator.Fault{Gzip: true}))

			response, err := buy(t, way.client(t, core), core)
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, trueAnswer, string(body))
			assert.True(t, response.Uncompressed)
			assert.Empty(t, response.Header.Get("Content-Encoding"))
			assert.EqualValues(t, -1, response.ContentLength)
		})
		t.Run(way.name+"/a client that unpacks by itself gets gzip", func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			require.NoError(t, core.Inject(simulator.Fault{Gzip: true}))

			response, err := buy(t, way.client(t, core), core, "Accept-Encoding", "br;q=0.5, gzip")
			require.NoError(t, err)
			defer response.Body.Close()
			assert.False(t, response.Uncompressed)
			assert.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
			plain, err := gzip.NewReader(response.Body)
			require.NoError(t, err)
			body, err := io.ReadAll(plain)
			require.NoError(t, err)
			assert.Equal(t, trueAnswer, string(body))
		})
		t.Run(way.name+"/a client that refuses gzip is spared", func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			require.NoError(t, core.Inject(simulator.Fault{Gzip: true}))

			_, body, err := bought(t, way.client(t, core), core, "Accept-Encoding", "identity")
			require.NoError(t, err)
			assert.Equal(t, trueAnswer, body)
		})
		t.Run(way.name+"/a bomb unpacks to its size", func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			const size = 3_000_001
			require.NoError(t, core.Inject(simulator.Fault{Bomb: size}))

			_, body, err := bought(t, way.client(t, core), core)
			require.NoError(t, err)
			assert.Len(t, body, size)
			assert.Equal(t, strings.Repeat("1", size), body)
		})
		t.Run(way.name+"/a bomb costs the server little, and who leaves ends it", func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			require.NoError(t, core.Inject(simulator.Fault{Bomb: 1 << 40}))

			response, err := buy(t, way.client(t, core), core)
			require.NoError(t, err)
			n, err := io.CopyN(io.Discard, response.Body, 1<<20)
			require.NoError(t, err)
			assert.EqualValues(t, 1<<20, n)
			require.NoError(t, response.Body.Close())
		})
		t.Run(way.name+"/an endless body is made as it is read", func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			require.NoError(t, core.Inject(simulator.Fault{Size: 1 << 60}))

			response, err := buy(t, way.client(t, core), core)
			require.NoError(t, err)
			_, err = io.CopyN(io.Discard, response.Body, 8<<20)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
		})
	}
}

func TestBombsOfAnySizeAreSound(t *testing.T) {
	t.Parallel()
	core, _ := open(t)
	client := &http.Client{Transport: core.Transport()}
	for _, size := range []int64{1, 2, 3, 100, 256<<10 + 1, 256<<10 + 2, 256<<10 + 3, 1 << 20} {
		require.NoError(t, core.Inject(simulator.Fault{Bomb: size}))
		response, err := buy(t, client, core, "Accept-Encoding", "gzip")
		require.NoError(t, err)
		packed, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.EqualValues(t, len(packed), response.ContentLength, "size %d", size)
		plain, err := gzip.NewReader(bytes.NewReader(packed))
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, plain)
		require.NoError(t, err, "size %d: checksum and length", size)
		assert.Equal(t, size, n)
	}
}
