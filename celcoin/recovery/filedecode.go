package recovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/celcoin"
)

// errNoKind: JSON that is not of an entry.
var errNoKind = errors.New("an entry without a kind")

// entryDecoder decodes entries, those of the usual form without encoding/json:
// a recovery of a million webhooks goes through some three million of them
// before it can go on. It is not for concurrent use; the zero value is ready, and
// cheaper for a single entry.
type entryDecoder struct {
	// words are kept because few differ: kinds, entities, results, codes.
	words map[string]string
}

// maxWords bounds what a decoder keeps.
const maxWords = 256

func newEntryDecoder() *entryDecoder {
	return &entryDecoder{words: make(map[string]string)}
}

// decodeLine checks a line and decodes its entry. What it finds wrong is damage.
func (d *entryDecoder) decodeLine(line []byte) (Entry, error) {
	payload, err := payloadOf(line)
	if err != nil {
		return Entry{}, damage(err)
	}
	entry, err := d.decode(payload)
	if err != nil {
		return Entry{}, damage(err)
	}
	return entry, nil
}

func (d *entryDecoder) decode(data []byte) (Entry, error) {
	if e, ok := d.usual(data); ok {
		return e, nil
	}
	var e Entry
	if err := json.Unmarshal(data, &e); err != nil {
		return Entry{}, err
	}
	if e.Kind == "" {
		return Entry{}, errNoKind
	}
	return e, nil
}

// usual decodes what the encoder makes of items, intents, outcomes and looks:
// these members, in this order, without blanks or escapes. Of anything else it
// says no, and encoding/json has the word; so a member that is new only costs
// time.
func (d *entryDecoder) usual(data []byte) (Entry, bool) {
	var e Entry
	p := parser{rest: data}
	p.expect(`{"kind":`)
	e.Kind = Kind(d.word(p.text()))
	p.expect(`,"time":`)
	p.time(&e.Time)
	if p.has(`,"item":{"entity":`) {
		e.Item = d.item(&p)
	}
	if p.has(`,"items":[`) {
		e.Items = p.integers()
	}
	if p.has(`,"result":`) {
		e.Result = Result(d.word(p.text()))
	}
	if p.has(`,"status":`) {
		e.Status = p.integer()
	}
	if p.has(`,"code":`) {
		e.Code = d.word(p.text())
	}
	if p.has(`,"request_id":`) {
		e.RequestID = string(p.text())
	}
	if p.has(`,"error":`) {
		e.Error = string(p.text())
	}
	p.expect(`}`)
	return e, !p.failed && len(p.rest) == 0 && e.Kind != ""
}

func (d *entryDecoder) item(p *parser) *Item {
	var it Item
	it.Entity = celcoin.Entity(d.word(p.text()))
	p.expect(`,"id":`)
	it.ID = string(p.text())
	if p.has(`,"status":`) {
		it.Status = celcoin.Status(d.word(p.text()))
	}
	if p.has(`,"created":`) {
		it.Created = string(p.text())
	}
	if p.has(`,"updated":`) {
		it.Updated = string(p.text())
	}
	if p.has(`,"http_status_code":`) {
		it.HTTPStatusCode = p.integer()
	}
	if p.has(`,"expires":`) {
		p.time(&it.Expires)
	}
	p.expect(`}`)
	return &it
}

// word is string(b), one for all that are equal.
func (d *entryDecoder) word(b []byte) string {
	if w, ok := d.words[string(b)]; ok {
		return w
	}
	w := string(b)
	if d.words != nil && len(d.words) < maxWords {
		d.words[w] = w
	}
	return w
}

// parser goes through JSON of a known form. Once something is not as expected,
// it has failed for good.
type parser struct {
	rest   []byte
	failed bool
}

// has passes over text if it comes next.
func (p *parser) has(text string) bool {
	if len(p.rest) < len(text) || string(p.rest[:len(text)]) != text {
		return false
	}
	p.rest = p.rest[len(text):]
	return true
}

func (p *parser) expect(text string) {
	if !p.has(text) {
		p.failed = true
	}
}

// text passes over a string and returns what is between the quotes. It fails at
// an escape, and at what encoding/json would replace or refuse.
func (p *parser) text() []byte {
	if len(p.rest) == 0 || p.rest[0] != '"' {
		p.failed = true
		return nil
	}
	end := 1 + bytes.IndexByte(p.rest[1:], '"')
	if end == 0 {
		p.failed = true
		return nil
	}
	text := p.rest[1:end]
	ascii := true
	for _, c := range text {
		if c < ' ' || c == '\\' {
			p.failed = true
			return nil
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii && !utf8.Valid(text) {
		p.failed = true
		return nil
	}
	p.rest = p.rest[end+1:]
	return text
}

// time reads a date as encoding/json does.
func (p *parser) time(t *time.Time) {
	if text := p.text(); p.failed || t.UnmarshalText(text) != nil {
		p.failed = true
	}
}

// integer reads what JSON calls an integer, without leading zeros.
func (p *parser) integer() int {
	n := 0
	for n < len(p.rest) && (p.rest[n] == '-' || '0' <= p.rest[n] && p.rest[n] <= '9') {
		n++
	}
	text := string(p.rest[:n])
	v, err := strconv.Atoi(text)
	if err != nil || n > 1 && (text[0] == '0' || text[:2] == "-0") {
		p.failed = true
	}
	p.rest = p.rest[n:]
	return v
}

// integers reads an array whose bracket has been passed over.
func (p *parser) integers() []int {
	var all []int
	for !p.failed {
		all = append(all, p.integer())
		if p.has(`]`) {
			return all
		}
		p.expect(`,`)
	}
	return nil
}
