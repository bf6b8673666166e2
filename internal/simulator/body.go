package simulator

import (
	"bytes"
	"compress/gzip"
	"io"
)

// cycle reads the same bytes over and over, without end.
type cycle struct {
	of []byte
	at int
}

func (c *cycle) Read(p []byte) (int, error) {
	n := copy(p, c.of[c.at:])
	c.at = (c.at + n) % len(c.of)
	return n, nil
}

// filler is a body of n bytes that takes no memory: one long number, so that a
// reader which stops at bad JSON reads on.
func filler(n int64) io.Reader {
	return io.LimitReader(&cycle{of: bytes.Repeat([]byte("1"), 4<<10)}, n)
}

// bomb is a gzip stream that unpacks to a filler of n bytes, and its length. Such a
// stream may consist of members, so one compressed member is repeated.
func bomb(n int64) (stream io.Reader, length int64) {
	const block = 256 << 10
	member, last := compress(filler(block)), compress(filler(n%block))
	length = n / block * int64(len(member))
	return io.MultiReader(io.LimitReader(&cycle{of: member}, length), bytes.NewReader(last)), length + int64(len(last))
}

func compress(plain io.Reader) []byte {
	var out bytes.Buffer // takes everything, so nothing here can fail
	zip := gzip.NewWriter(&out)
	_, _ = io.Copy(zip, plain)
	_ = zip.Close()
	return out.Bytes()
}
