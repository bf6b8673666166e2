package recovery

// phase is how far an item has come.
type phase uint8

const (
	planned  phase = iota // not asked for, or asked for and certainly not taken
	intended              // about to be sent; after a crash as good as unknown
	accepted              // taken by Celcoin, nothing seen of a delivery
	unknown               // perhaps taken
	refused               // Celcoin said no
	failing               // asked for, and seen pending after that
	delivered
	unasked // delivered without being asked for
	expired
)

// maxAttempts bounds the replays of an item over all runs of a recovery: by an
// older page of Celcoin's more than 20 failed deliveries block a webhook.
const maxAttempts = 15

// standing is the phase of an item, the number of its attempts in this run, and
// that of all its attempts.
type standing uint16

func (s standing) phase() phase  { return phase(s & 0x0f) }
func (s standing) tries() int    { return int(s >> 4 & 0x0f) }
func (s standing) attempts() int { return int(s >> 8) }

func (s standing) with(p phase) standing { return s&^0x0f | standing(p) }

func (s standing) more() standing {
	if s.attempts() >= maxAttempts {
		return s
	}
	return s + 0x110
}

// less takes back an attempt of this run that was none. It still counts among all
// attempts: rather too many than too few.
func (s standing) less() standing {
	if s.tries() == 0 {
		return s
	}
	return s - 0x10
}

// anew is the standing at the beginning of a run.
func (s standing) anew() standing { return s &^ 0xf0 }
