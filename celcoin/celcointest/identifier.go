package celcointest

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// identifiers makes webhook ids that look like random UUIDs (version 4) and can
// be read back: a generated webhook is found by its id without a table of ids,
// which for a million webhooks would weigh more than all the rest of their state.
//
// A source and an index, and a mark by which a foreign id is told, are shuffled
// by a Feistel network over the 122 free bits of a UUID.
type identifiers struct {
	mark uint64
	keys [4]uint64
}

// half is the width of one side of the network: twice 61 bits are the 122 free
// bits of a UUID.
const (
	halfBits = 61
	half     = 1<<halfBits - 1
)

func newIdentifiers(seed uint64) identifiers {
	draw := rand.New(rand.NewPCG(seed, 0x1d)) //nolint:gosec // ids of a simulator, not secrets
	ids := identifiers{mark: draw.Uint64() & half}
	for i := range ids.keys {
		ids.keys[i] = draw.Uint64()
	}
	return ids
}

// id names the webhook of that index in that source.
func (ids identifiers) id(source, index uint32) string {
	left, right := ids.mark, uint64(source)<<32&half|uint64(index)
	for _, key := range ids.keys {
		left, right = right, left^scramble(right^key)&half
	}
	return formatUUID(left>>1, left&1<<halfBits|right)
}

// parse is the inverse of id; ok is false for an id that these identifiers did
// not make.
func (ids identifiers) parse(id string) (source, index uint32, ok bool) {
	high, low, ok := parseUUID(id)
	if !ok {
		return 0, 0, false
	}
	left, right := high<<1|low>>halfBits, low&half
	for i := len(ids.keys) - 1; i >= 0; i-- {
		left, right = right^scramble(left^ids.keys[i])&half, left
	}
	if left != ids.mark {
		return 0, 0, false
	}
	return uint32(right >> 32), uint32(right & (1<<32 - 1)), true
}

// scramble is the finaliser of SplitMix64: every bit of x changes about half of
// the bits of the result.
func scramble(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// formatUUID writes 60 and 62 bits around the fixed bits of a version 4 UUID.
func formatUUID(high60, low62 uint64) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], high60>>12<<16|4<<12|high60&0xfff)
	binary.BigEndian.PutUint64(raw[8:], 1<<63|low62)
	text := make([]byte, 0, 36)
	for i, end := range [5]int{4, 6, 8, 10, 16} {
		if i > 0 {
			text = append(text, '-')
		}
		start := [5]int{0, 4, 6, 8, 10}[i]
		text = hex.AppendEncode(text, raw[start:end])
	}
	return string(text)
}

// parseUUID reads what formatUUID wrote, and nothing else.
func parseUUID(id string) (high60, low62 uint64, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return 0, 0, false
	}
	raw, err := hex.DecodeString(id[:8] + id[9:13] + id[14:18] + id[19:23] + id[24:])
	if err != nil {
		return 0, 0, false
	}
	high, low := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	high60, low62 = high>>16<<12|high&0xfff, low&(1<<62-1)
	return high60, low62, formatUUID(high60, low62) == id
}
