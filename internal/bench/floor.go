package main

import (
	"bytes"
	"context"
	"crypto/rsa"
	"io"
	"net/http"
)

// floor is net/http alone, on a transport tuned as a careful programmer would: it
// keeps as many idle connections as there are goroutines. It neither retries nor
// checks nor limits anything.
type floor struct{ client *http.Client }

func newFloor(url string, key *rsa.PrivateKey) *byHand {
	tuned := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: crowdSize}
	return &byHand{floor{&http.Client{Transport: tuned}}, url, key}
}

func (f floor) request(ctx context.Context, method, url string, body []byte) (request, error) {
	var reader io.Reader = http.NoBody
	if body != nil {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, reader)
	return request{Request: r}, err
}

func (f floor) send(r request) (*http.Response, error) { return f.client.Do(r.Request) }
