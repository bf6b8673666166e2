package journal

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
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
//	"log":{…}             only in the first line: format, recovery and name
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

// The longest record and line. They bound the memory of a reader, whatever a
// damaged file holds.
const (
	maxRecord = 16 << 20
	maxLine   = 24 << 20 // base64 takes a third more
)

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errRecordTooLong = fmt.Errorf("a record is longer than %d MiB", maxRecord>>20)

const (
	lineStart = `{"crc":"00000000",` // the digits are filled in last
	crcStart  = len(`{"crc":"`)
	crcEnd    = crcStart + 8
	lineEnd   = "}\n"
)

// appendLine appends an encoded line to buf.
func appendLine(buf []byte, l line) []byte {
	start := len(buf)
	buf = append(buf, lineStart...)
	buf = append(buf, `"n":`...)
	buf = strconv.AppendInt(buf, l.n, 10)
	buf = append(buf, `,"synced":`...)
	buf = strconv.AppendInt(buf, l.synced, 10)
	buf = append(buf, `,"`...)
	buf = append(buf, l.member...)
	buf = append(buf, `":`...)
	buf = append(buf, l.value...)
	buf = append(buf, lineEnd...)
	encoded := buf[start:]
	copy(encoded[crcStart:crcEnd], checksum(encoded))
	return buf
}

// checksum is that of a line, as it stands in it.
func checksum(encoded []byte) []byte {
	sum := crc32.Checksum(encoded[len(lineStart):len(encoded)-1], castagnoli)
	return hex.AppendEncode(nil, binary.BigEndian.AppendUint32(nil, sum))
}

// parseLine decodes a line with its newline. It is not ok if one of its bytes is
// not what was written.
func parseLine(encoded []byte) (l line, ok bool) {
	if len(encoded) < len(lineStart)+len(lineEnd) ||
		string(encoded[:crcStart]) != lineStart[:crcStart] ||
		string(encoded[crcEnd:len(lineStart)]) != lineStart[crcEnd:] ||
		!bytes.HasSuffix(encoded, []byte(lineEnd)) ||
		!bytes.Equal(encoded[crcStart:crcEnd], checksum(encoded)) {
		return line{}, false
	}
	rest := encoded[len(lineStart) : len(encoded)-len(lineEnd)]
	l.n, rest = cutNumber(rest, `"n":`)
	l.synced, rest = cutNumber(rest, `,"synced":`)
	member, value, ok := bytes.Cut(bytes.TrimPrefix(rest, []byte(`,"`)), []byte(`":`))
	if !ok || l.n < 1 || l.synced < 0 {
		return line{}, false
	}
	l.member, l.value = string(member), value
	return l, true
}

// cutNumber returns the number of the first member, -1 if there is none.
func cutNumber(members []byte, prefix string) (int64, []byte) {
	members, ok := bytes.CutPrefix(members, []byte(prefix))
	end := bytes.IndexByte(members, ',')
	if !ok || end < 0 {
		return -1, nil
	}
	n, err := strconv.ParseInt(string(members[:end]), 10, 64)
	if err != nil {
		return -1, nil
	}
	return n, members[end:]
}

// recordMember chooses how a record stands in its line, such that its very bytes
// can be read back.
func recordMember(record []byte) (member string, value []byte, err error) {
	if len(record) > maxRecord {
		return "", nil, errRecordTooLong
	}
	if json.Valid(record) && utf8.Valid(record) && !bytes.ContainsAny(record, "\r\n") {
		return memberRecord, record, nil
	}
	value = append(value, '"')
	value = base64.StdEncoding.AppendEncode(value, record)
	return memberBase64, append(value, '"'), nil
}

var errNotBase64 = errors.New("a record is not base64")

// record returns a copy of the record, if the line has one.
func (l line) record() (record []byte, ok bool, err error) {
	switch l.member {
	case memberRecord:
		return bytes.Clone(l.value), true, nil
	case memberBase64:
		record, err = base64.StdEncoding.AppendDecode([]byte{}, bytes.Trim(l.value, `"`))
		if err != nil {
			err = errNotBase64
		}
		return record, true, err
	}
	return nil, false, nil
}

// known tells whether this release knows what the line says.
func (l line) known() bool {
	switch l.member {
	case memberRecord, memberBase64, memberLog, memberCut, memberClosed:
		return true
	}
	return false
}
