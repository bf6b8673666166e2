package simulator

import (
	"errors"
	"fmt"
	"strings"
)

// Check says what is wrong with a fault: values out of range, and fields that
// contradict each other, by name.
func (f Fault) Check() error {
	if err := f.checkRanges(); err != nil {
		return fmt.Errorf("fault: %w", err)
	}
	if err := f.checkTogether(); err != nil {
		return fmt.Errorf("fault: %w", err)
	}
	return nil
}

func (f Fault) checkRanges() error {
	const negative = "is negative"
	checks := []struct {
		bad         bool
		field, what string
	}{
		{f.Skip < 0, "Skip", negative},
		{!(f.Probability >= 0 && f.Probability <= 1), "Probability", "is not between 0 and 1"}, // nor is what is no number
		{f.Status != 0 && (f.Status < 200 || f.Status > 999), "Status", "is no final HTTP status (200 to 999)"},
		{f.DelayHeaders < 0, "DelayHeaders", negative},
		{f.DelayBody < 0, "DelayBody", negative},
		{f.ContentLength < 0, "ContentLength", negative},
		{f.Bomb < 0, "Bomb", negative},
		{f.Size < 0, "Size", negative},
		{f.Garbage != nil && len(f.Garbage) == 0, "Garbage", "has no bytes"},
	}
	for _, check := range checks {
		if check.bad {
			return fmt.Errorf("%s %s", check.field, check.what)
		}
	}
	return nil
}

// checkTogether looks for fields of which each rules the others out.
func (f Fault) checkTogether() error {
	if err := f.endings().atMostOne(); err != nil {
		return err
	}
	if err := f.bodies().atMostOne(); err != nil {
		return err
	}
	answer := f.answer()
	switch {
	case f.silent() && len(answer) > 0:
		return fmt.Errorf("%s leaves no room for %s", f.endings()[0], answer[0])
	case f.Hang && f.DelayHeaders > 0:
		return errors.New("a hang never ends, so DelayHeaders has no meaning")
	case f.Gzip && (f.Bomb > 0 || f.Size > 0):
		return fmt.Errorf("%w: a Bomb is the compressed Size", fields{"Gzip", f.bodies()[0]}.atMostOne())
	case f.NoDate && f.DateSkew != 0:
		return fields{"NoDate", "DateSkew"}.atMostOne()
	case f.CutBody && f.ContentLength > 0:
		return fmt.Errorf("%w: a cut body has its true length in the header", fields{"CutBody", "ContentLength"}.atMostOne())
	}
	return nil
}

// fields are the names of those fields of a group that are set.
type fields []string

func (f fields) atMostOne() error {
	if len(f) > 1 {
		return fmt.Errorf("%s exclude each other", strings.Join(f, " and "))
	}
	return nil
}

func (f *fields) note(set bool, name string) {
	if set {
		*f = append(*f, name)
	}
}

// endings are the ways to answer nothing that is HTTP.
func (f Fault) endings() (set fields) {
	set.note(f.Reset, "Reset")
	set.note(f.Garbage != nil, "Garbage")
	set.note(f.Hang, "Hang")
	return set
}

// bodies are the ways to choose a body.
func (f Fault) bodies() (set fields) {
	set.note(f.Code != "" || f.Message != "", "Code or Message")
	set.note(f.Body != nil, "Body")
	set.note(f.Bomb > 0, "Bomb")
	set.note(f.Size > 0, "Size")
	return set
}

// answer are the fields that describe an HTTP answer.
func (f Fault) answer() (set fields) {
	set.note(f.Status != 0, "Status")
	set = append(set, f.bodies()...)
	set.note(f.ContentType != "", "ContentType")
	set.note(len(f.Header) > 0, "Header")
	set.note(f.RetryAfter != "", "RetryAfter")
	set.note(f.DateSkew != 0, "DateSkew")
	set.note(f.NoDate, "NoDate")
	set.note(f.RedirectTo != "", "RedirectTo")
	set.note(f.DelayBody > 0, "DelayBody")
	set.note(f.CutBody, "CutBody")
	set.note(f.ContentLength > 0, "ContentLength")
	set.note(f.Gzip, "Gzip")
	return set
}
