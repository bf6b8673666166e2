package simulator

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
)

// filler is a body of n bytes that takes no memory: one long JSON string, so
// that a reader which stops only at bad JSON does not stop.
func filler(n int64) io.Reader {
	if n == 1 {
		return strings.NewReader("0")
	}
	return io.MultiReader(strings.NewReader(`"`), io.LimitReader(repeat('x'), n-2), strings.NewReader(`"`))
}

// repeat is a reader of one byte without end.
type repeat byte

func (b repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// bomb is a gzip stream that unpacks to a filler of n bytes, and its length. A
// gzip stream may consist of members, so one packed member is repeated: it costs
// the server next to nothing, however much it costs the client.
func bomb(n int64) (io.Reader, int64) {
	const block = 256 << 10
	if n < 2 {
		return packed(filler(n))
	}
	first, length := packed(strings.NewReader(`"`))
	member, size := packed(io.LimitReader(repeat('x'), block))
	middle := &copies{times: (n - 2) / block}
	middle.of, _ = io.ReadAll(member) // from memory, which cannot fail
	length += middle.times * size
	last, size := packed(io.MultiReader(io.LimitReader(repeat('x'), (n-2)%block), strings.NewReader(`"`)))
	return io.MultiReader(first, middle, last), length + size
}

// copies reads the same bytes so many times.
type copies struct {
	of, rest []byte
	times    int64
}

func (c *copies) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		if c.times == 0 {
			return 0, io.EOF
		}
		c.times, c.rest = c.times-1, c.of
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func packed(plain io.Reader) (io.Reader, int64) {
	var out bytes.Buffer
	// The level is a valid one; a bytes.Buffer takes everything.
	zip, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = io.Copy(zip, plain)
	_ = zip.Close()
	return &out, int64(out.Len())
}
