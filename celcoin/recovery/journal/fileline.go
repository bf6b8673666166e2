package journal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A line of a log is a JSON object, with its members always in this order and
// without blanks between them:
//
//	{"crc":"8f14e45f","n":17,"synced":4096,"record":{"kind":"intent"}}
//
// crc is the CRC-32C, in hexadecimal, of the bytes from "n" to the last brace, n
// the number of the line from 1, and synced how many bytes of the file were
// known to be on the disk when the line was written. The last member is one of
//
//	"record":…            the record, which is JSON
//	"base64":"…"          the record, which is not JSON
//	"log":{…}             only in the first line: a header
//	"cut":120             Open has cut off that many bytes here
//	"closed":true         the log was closed; the line is there for its synced
type line struct {
	n, synced int64
	member    string // the name of the last member
	value     []byte // and its JSON
}

const (
	memberRecord = "record"
	memberBase64 = "base64"
	memberLog    = "log"
	memberCut    = "cut"
	memberClosed = "closed"
)

var members = []string{memberRecord, memberBase64, memberLog, memberCut, memberClosed}

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// start is how a line with this body begins.
func start(body []byte) string {
	return fmt.Sprintf(`{"crc":"%08x",`, crc32.Checksum(body, castagnoli))
}

// append appends the encoded line to buf.
func (l line) append(buf []byte) []byte {
	body := fmt.Appendf(nil, `"n":%d,"synced":%d,"%s":%s}`, l.n, l.synced, l.member, l.value)
	buf = append(buf, start(body)...)
	buf = append(buf, body...)
	return append(buf, '\n')
}

// parseLine decodes a line with its newline. It is not ok if one of its bytes is
// not what was written. It knows the order of the members: package json would take
// more than twice as long, which a pull without a rate limit is slowed down by.
func parseLine(encoded []byte) (l line, ok bool) {
	const startLen = len(`{"crc":"00000000",`)
	encoded, ended := bytes.CutSuffix(encoded, []byte("\n"))
	if !ended || len(encoded) < startLen || string(encoded[:startLen]) != start(encoded[startLen:]) {
		return line{}, false
	}
	n, rest, _ := bytes.Cut(encoded[startLen:], []byte(","))
	synced, rest, _ := bytes.Cut(rest, []byte(","))
	member, value, _ := bytes.Cut(rest, []byte(":"))
	l.member = string(bytes.Trim(member, `"`))
	l.value = bytes.TrimSuffix(value, []byte("}"))
	var err1, err2 error
	l.n, err1 = strconv.ParseInt(string(bytes.TrimPrefix(n, []byte(`"n":`))), 10, 64)
	l.synced, err2 = strconv.ParseInt(string(bytes.TrimPrefix(synced, []byte(`"synced":`))), 10, 64)
	return l, err1 == nil && err2 == nil
}

// recordLine chooses how a record stands in its line, such that its very bytes
// can be read back.
func recordLine(record []byte) line {
	if json.Valid(record) && utf8.Valid(record) && !bytes.ContainsAny(record, "\r\n") {
		return line{member: memberRecord, value: record}
	}
	return line{member: memberBase64, value: fmt.Appendf(nil, `"%s"`, base64.StdEncoding.EncodeToString(record))}
}

// record returns the record, if the line has one.
func (l line) record() (record []byte, ok bool, err error) {
	switch l.member {
	case memberRecord:
		return l.value, true, nil
	case memberBase64:
		record, err = base64.StdEncoding.AppendDecode([]byte{}, bytes.Trim(l.value, `"`))
		return record, true, err
	default:
		return nil, false, nil
	}
}

// formatVersion is that of the files which this release writes. The journals of
// the first design were of format 1.
const formatVersion = 2

// errNewer: the file holds what only a newer release can read.
var errNewer = errors.New("a newer release of reenvio-go wrote it: use that one")

// known tells whether this release knows what the line says.
func (l line) known() bool { return slices.Contains(members, l.member) }

// header is the value of a log's first line. It names the log, because files can
// be renamed, and because some file systems take two names for one.
type header struct {
	Format   int    `json:"format"`
	Recovery string `json:"recovery"`
	Name     string `json:"name"`
}

func newHeader(recovery, name string) header {
	return header{Format: formatVersion, Recovery: recovery, Name: name}
}

// line is the first line of a log.
func (h header) line() (line, error) {
	value, err := json.Marshal(h)
	return line{n: 1, member: memberLog, value: value}, err
}

// check compares a first line with what it should be.
func (h header) check(l line) error {
	var found header
	switch {
	case l.member != memberLog || json.Unmarshal(l.value, &found) != nil || found.Format < formatVersion:
		return fmt.Errorf("line 1: not the first line of a log: %w", ErrCorrupt)
	case found.Format > formatVersion:
		return fmt.Errorf("format %d: %w", found.Format, errNewer)
	case found.Recovery != h.Recovery || found.Name != h.Name:
		return fmt.Errorf("it holds log %s/%s: the file was renamed, or names that differ only in case are the same here",
			found.Recovery, found.Name)
	}
	return nil
}
