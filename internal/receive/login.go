package receive

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// Login is the user and the password of HTTP Basic authentication.
type Login struct {
	User, Password string
}

func (l *Login) incomplete() bool { return l.User == "" || l.Password == "" }

// allows tells whether a request has exactly this login. It takes as long for a
// wrong one, whatever is wrong. An incomplete login, as an unset environment
// variable makes one, allows nothing.
func (l *Login) allows(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	same := equal(user, l.User) & equal(password, l.Password)
	return ok && same == 1 && len(r.Header.Values("Authorization")) == 1 && !l.incomplete()
}

// equal compares hashes, so that the length does not show either.
func equal(a, b string) int {
	hashA, hashB := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(hashA[:], hashB[:])
}
