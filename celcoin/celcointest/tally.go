package celcointest

import "math/bits"

// tally counts marks over a row of positions so that "how many before here" and
// "where is the k-th" cost a few steps however long the row is (a Fenwick tree).
// It is what makes page 5,000 of the pending webhooks as cheap as page 1.
type tally struct {
	tree []int32 // tree[i-1] counts the positions from i minus its lowest bit, up to i
}

func (t *tally) len() int { return len(t.tree) }

// push appends a position.
func (t *tally) push(marked bool) {
	i := len(t.tree) + 1
	var count int32
	if marked {
		count = 1
	}
	for j := i - 1; j > i-i&-i; j -= j & -j {
		count += t.tree[j-1]
	}
	t.tree = append(t.tree, count)
}

// add changes the mark of a position by +1 or -1.
func (t *tally) add(position int, change int32) {
	for i := position + 1; i <= len(t.tree); i += i & -i {
		t.tree[i-1] += change
	}
}

// before counts the marks of the positions below position.
func (t *tally) before(position int) int {
	var count int32
	for i := position; i > 0; i -= i & -i {
		count += t.tree[i-1]
	}
	return int(count)
}

// find gives the position of the mark that has exactly k marks before it; with
// marked false, of the unmarked position that has k unmarked ones before it. If
// there is none it gives the length.
func (t *tally) find(k int, marked bool) int {
	position := 0
	for step := 1 << bits.Len(uint(len(t.tree))); step > 0; step >>= 1 {
		next := position + step
		if next > len(t.tree) {
			continue
		}
		count := int(t.tree[next-1])
		if !marked {
			count = step - count
		}
		if count <= k {
			position, k = next, k-count
		}
	}
	return position
}
