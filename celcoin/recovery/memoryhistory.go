package recovery

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"slices"
)

// pieceSize is how much JSON is compressed together. A larger piece takes
// longer to read one entry from.
const pieceSize = 8 << 10

// memoryHistory is what a journal in memory has kept: entries as JSON, each with
// a newline. Most of an entry repeats the one before, so pieces of it are
// compressed, all but the last.
type memoryHistory struct {
	held bool // the store's

	memoryPieces
	unpacker unpacker
}

// memoryPieces only grow: a copy of them stays as it is.
type memoryPieces struct {
	packed [][]byte
	last   []byte
}

// memoryPosition is the piece and where in its text.
func memoryPosition(number, at int) Position { return Position(number)<<32 | Position(at) }

// add adds lines with their checksums, which memory does not need, all or none.
func (h *memoryHistory) add(lines []byte, count int, packer *packer) ([]Position, error) {
	positions := make([]Position, 0, count)
	packed, last := h.packed, h.last
	for len(lines) > 0 {
		if len(last) >= pieceSize {
			piece, err := packer.pack(last)
			if err != nil {
				return nil, err
			}
			packed, last = append(packed, piece), nil // nil, as somebody may be reading it
		}
		end := bytes.IndexByte(lines, '\n') + 1
		positions = append(positions, memoryPosition(len(packed), len(last)))
		last = append(last, lines[lineHead:end]...)
		lines = lines[end:]
	}
	h.packed, h.last = packed, last
	return positions, nil
}

// line returns the entry at a position.
func (h *memoryHistory) line(at Position) ([]byte, error) {
	number, start := int(at>>32), int(at&0xffffffff)
	if at >= 0 && number < h.count() {
		text, err := h.text(number, &h.unpacker)
		if err != nil {
			return nil, err
		}
		if start < len(text) && (start == 0 || text[start-1] == '\n') {
			end := start + bytes.IndexByte(text[start:], '\n')
			return text[start:end], nil
		}
	}
	return nil, fmt.Errorf("no entry begins at %d", at)
}

func (p memoryPieces) pieces() memoryPieces { return p }

func (p memoryPieces) count() int { return len(p.packed) + 1 }

func (p memoryPieces) text(number int, u *unpacker) ([]byte, error) {
	if number == len(p.packed) {
		return p.last, nil
	}
	return u.unpack(number, p.packed[number])
}

// packer compresses. It is the larger part of a history that is not.
type packer struct {
	w   *flate.Writer
	buf bytes.Buffer
}

func (p *packer) pack(text []byte) ([]byte, error) {
	p.buf.Reset()
	if p.w == nil {
		w, err := flate.NewWriter(&p.buf, flate.BestSpeed)
		if err != nil {
			return nil, err
		}
		p.w = w
	}
	p.w.Reset(&p.buf)
	if _, err := p.w.Write(text); err != nil {
		return nil, err
	}
	if err := p.w.Close(); err != nil {
		return nil, err
	}
	return slices.Clone(p.buf.Bytes()), nil
}

// unpacker keeps the text of the last piece, as it is likely to be asked for
// again.
type unpacker struct {
	r      io.ReadCloser
	source bytes.Reader
	number int
	text   []byte
}

func (u *unpacker) unpack(number int, piece []byte) ([]byte, error) {
	if u.text != nil && u.number == number {
		return u.text, nil
	}
	u.source.Reset(piece)
	if again, ok := u.r.(flate.Resetter); !ok {
		u.r = flate.NewReader(&u.source)
	} else if err := again.Reset(&u.source, nil); err != nil {
		return nil, err
	}
	// A new buffer each time: what was returned before may be in use.
	text := bytes.NewBuffer(make([]byte, 0, pieceSize+pieceSize/4))
	if _, err := text.ReadFrom(u.r); err != nil {
		return nil, err
	}
	u.number, u.text = number, text.Bytes()
	return u.text, nil
}
