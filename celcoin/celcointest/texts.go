package celcointest

// texts numbers texts that repeat themselves, as the answers of receivers and
// their addresses do. A text is kept as long as somebody holds its number: a
// receiver that answers something else each time must not fill the memory.
type texts struct {
	known   []heldText // by number; the first is the empty text, which nobody has to hold
	numbers map[string]uint32
	free    []uint32 // numbers that nobody holds
}

type heldText struct {
	text    string
	holders int
}

func newTexts() texts { return texts{known: make([]heldText, 1), numbers: map[string]uint32{}} }

// hold gives the number of a text, for one more holder.
func (t *texts) hold(text string) uint32 {
	if text == "" {
		return 0
	}
	number, isKnown := t.numbers[text]
	if !isKnown {
		number = t.next()
		t.known[number].text = text
		t.numbers[text] = number
	}
	t.holdAgain(number)
	return number
}

func (t *texts) next() uint32 {
	if last := len(t.free) - 1; last >= 0 {
		number := t.free[last]
		t.free = t.free[:last]
		return number
	}
	t.known = append(t.known, heldText{})
	return uint32(len(t.known) - 1) //nolint:gosec // memory ends long before 2^32 texts
}

// holdAgain adds a holder to a number that has one.
func (t *texts) holdAgain(number uint32) { t.known[number].holders++ }

// release takes a holder from a number, and drops the text with the last one.
func (t *texts) release(number uint32) {
	held := &t.known[number]
	if held.holders--; number == 0 || held.holders > 0 {
		return
	}
	delete(t.numbers, held.text)
	*held = heldText{}
	t.free = append(t.free, number)
}

func (t *texts) at(number uint32) string { return t.known[number].text }
