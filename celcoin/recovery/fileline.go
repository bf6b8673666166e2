package recovery

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A line of a journal is the CRC-32C of what follows the blank, in 8 lower-case
// hexadecimal digits, a blank, the JSON of an entry, and a newline.
const (
	lineHead = 9
	// maxLine is the longest line that is written or read. It bounds the memory
	// of a reader whatever a damaged file holds.
	maxLine = 16 << 20
	// keptBuffer is the largest buffer that is kept between two appends.
	keptBuffer = 1 << 20
	// readBuffer is how much is read at a time.
	readBuffer = 256 << 10
)

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// What can be wrong with a line. The texts stand in errors that name the file
// and the line.
var (
	errLineChecksum = errors.New("checksum does not match")
	errLineTooLong  = fmt.Errorf("longer than %d MiB", maxLine>>20)
	errLineEnd      = errors.New("the file ends in it")
)

// damage tells what is wrong with a line from a file that cannot be read.
func damage(problem error) error { return fmt.Errorf("%w: %w", problem, ErrCorrupt) }

// lineWriter encodes entries, each as a line, into one buffer.
type lineWriter struct {
	buf bytes.Buffer
	enc *json.Encoder
}

// reset empties the buffer, and lets go of one that was blown up by a large
// append.
func (w *lineWriter) reset() {
	if w.buf.Cap() > keptBuffer {
		w.buf = bytes.Buffer{}
	}
	w.buf.Reset()
}

// write adds an entry, or a header, as a line.
func (w *lineWriter) write(v any) error {
	if w.enc == nil {
		w.enc = json.NewEncoder(&w.buf)
		w.enc.SetEscapeHTML(false) // for those who read the file
	}
	start := w.buf.Len()
	w.buf.WriteString("00000000 ")
	if err := w.enc.Encode(v); err != nil { // with the newline
		return err
	}
	line := w.buf.Bytes()[start:]
	if len(line) > maxLine {
		return errLineTooLong
	}
	copy(line, checksum(line[lineHead:len(line)-1]))
	return nil
}

func checksum(payload []byte) []byte {
	sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum(payload, castagnoli))
	return hex.AppendEncode(nil, sum)
}

// payloadOf returns the JSON of a line with its newline, if the checksum is
// that of it. The digits are compared as text, so that a flipped bit that turns
// an 'a' into an 'A' is noticed as well.
func payloadOf(line []byte) ([]byte, error) {
	n := len(line)
	if n <= lineHead || line[lineHead-1] != ' ' || line[n-1] != '\n' {
		return nil, errLineChecksum
	}
	payload := line[lineHead : n-1]
	if !bytes.Equal(checksum(payload), line[:lineHead-1]) {
		return nil, errLineChecksum
	}
	return payload, nil
}

// lineReader reads lines with their newline. Each is valid until the next.
type lineReader struct {
	r    *bufio.Reader
	long []byte
}

// newLineReader reads from r, which has size bytes.
func newLineReader(r io.Reader, size int64) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, int(min(size, readBuffer)))}
}

// next returns io.EOF after the last line, and io.ErrUnexpectedEOF if that has
// no newline.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = l.r.ReadSlice('\n')
			if l.long = append(l.long, line...); len(l.long) > maxLine {
				return nil, errLineTooLong
			}
		}
		line = l.long
	}
	if len(line) > 0 && errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	return line, err
}
