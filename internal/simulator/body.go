package simulator

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash"
	"hash/crc32"
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

// bombBlock is how much of a bomb unpacks from one repeated piece.
const bombBlock = 256 << 10

// bomb is a gzip stream that unpacks to a filler of any length. One packed block
// is repeated, so that it costs the server next to nothing however much it
// costs the client.
type bomb struct {
	length int64 // of the packed stream

	plain  []byte // what a block unpacks to
	packed []byte // a block
	blocks int64  // that are still to come
	tail   []byte // the end of the deflate stream
	rest   []byte // what the tail unpacks to
	sum    hash.Hash32
	size   int64
	ready  bytes.Buffer
	ended  bool
}

func newBomb(size int64) *bomb {
	b := &bomb{size: size, sum: crc32.NewIEEE(), blocks: max(size-2, 0) / bombBlock}
	b.plain = bytes.Repeat([]byte("x"), bombBlock)
	b.packed = deflated(b.plain, false)

	first := []byte(`"`)
	b.rest = append(bytes.Repeat([]byte("x"), int(max(size-2, 0)%bombBlock)), '"')
	if size == 1 {
		first, b.rest = nil, []byte("0")
	}
	b.tail = deflated(b.rest, true)

	// The ten bytes say: gzip, deflate, no flags, no time, nothing extra, system unknown.
	b.ready.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	b.ready.Write(deflated(first, false))
	_, _ = b.sum.Write(first)
	const trailer = 8
	b.length = int64(b.ready.Len()) + b.blocks*int64(len(b.packed)) + int64(len(b.tail)) + trailer
	return b
}

// deflated packs data so that it can follow, and be followed by, other such pieces.
func deflated(data []byte, last bool) []byte {
	var packed bytes.Buffer
	// The level is a valid one, and a bytes.Buffer takes everything.
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	_, _ = w.Write(data)
	if last {
		_ = w.Close()
	} else {
		_ = w.Flush()
	}
	return packed.Bytes()
}

// Read makes the stream as it is read.
func (b *bomb) Read(p []byte) (int, error) {
	if b.ready.Len() == 0 && !b.ended {
		b.refill()
	}
	return b.ready.Read(p)
}

func (b *bomb) refill() {
	if b.blocks > 0 {
		b.blocks--
		_, _ = b.sum.Write(b.plain)
		b.ready.Write(b.packed)
		return
	}
	b.ended = true
	_, _ = b.sum.Write(b.rest)
	b.ready.Write(b.tail)
	trailer := binary.LittleEndian.AppendUint32(nil, b.sum.Sum32())
	b.ready.Write(binary.LittleEndian.AppendUint32(trailer, uint32(b.size))) //nolint:gosec // gzip keeps the size modulo 2^32
}
