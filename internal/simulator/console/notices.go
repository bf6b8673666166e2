package console

import (
	"strconv"
	"sync"
)

// maxNotices is how many are kept: a person reads one at once.
const maxNotices = 100

// notices are what actions said. A browser is sent back to the page it came
// from, with the number of the notice: a text in the URL could be anybody's.
type notices struct {
	mu    sync.Mutex
	count int
	kept  map[int]string
}

func (n *notices) add(text string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.kept == nil {
		n.kept = make(map[int]string)
	}
	n.count++
	n.kept[n.count] = text
	delete(n.kept, n.count-maxNotices)
	return strconv.Itoa(n.count)
}

func (n *notices) get(number string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	i, err := strconv.Atoi(number)
	if err != nil {
		return ""
	}
	return n.kept[i]
}
