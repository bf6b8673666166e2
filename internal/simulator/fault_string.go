package simulator

import (
	"fmt"
	"strings"
)

// String says in a few words what a fault does, for records and pages. When it
// strikes is not part of it.
func (f Fault) String() string {
	var words []string
	say := func(set bool, format string, args ...any) {
		if set {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	say(f.RevokeToken, "tokens revoked")
	say(f.DelayHeaders > 0, "headers after %v", f.DelayHeaders)
	say(f.Status != 0, "status %d", f.Status)
	say(f.Code != "", "code %q", f.Code)
	say(f.Message != "", "message %q", f.Message)
	say(f.RedirectTo != "", "redirect to %q", f.RedirectTo)
	say(f.Body != nil, "body of %d bytes of its own", len(f.Body))
	say(f.Size > 0, "body of %d bytes", f.Size)
	say(f.Bomb > 0, "gzip bomb of %d bytes", f.Bomb)
	say(f.ContentType != "", "content type %q", f.ContentType)
	say(len(f.Header) > 0, "%d more headers", len(f.Header))
	say(f.RetryAfter != "", "retry after %q", f.RetryAfter)
	say(f.DateSkew != 0, "date off by %v", f.DateSkew)
	say(f.NoDate, "no date")
	say(f.Gzip, "gzip")
	say(f.ContentLength > 0, "content length %d", f.ContentLength)
	say(f.DelayBody > 0, "body in pieces %v apart", f.DelayBody)
	say(f.CutBody, "body cut")
	say(f.Reset, "connection reset")
	say(f.Garbage != nil, "garbage of %d bytes", len(f.Garbage))
	say(f.Hang, "hang")
	if len(words) == 0 {
		return "none"
	}
	if f.Processed && !f.truthful() {
		words = append(words, "after processing")
	}
	return strings.Join(words, ", ")
}
