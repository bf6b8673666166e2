package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // -tz has names also where the system has none

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// brasilia has had no daylight saving time since 2019.
var brasilia = time.FixedZone("Brasília", -3*60*60)

// zone is the flag -tz.
type zone struct{ *time.Location }

func (z *zone) String() string { return "" }

func (z *zone) Set(s string) (err error) {
	switch t, e := time.Parse("-07:00", s); {
	case s == "America/Sao_Paulo":
		z.Location = brasilia
	case e == nil:
		_, seconds := t.Zone()
		z.Location = time.FixedZone("", seconds)
	case strings.EqualFold(s, "local"):
		z.Location = time.Local
	default:
		if z.Location, err = time.LoadLocation(s); err != nil || s == "" {
			return errors.New("want an offset (-03:00), a name (America/Manaus), UTC or local")
		}
	}
	return nil
}

// stamp writes a time in the zone of -tz.
func (z zone) stamp(t time.Time) string { return t.In(z.Location).Format("2006-01-02 15:04:05") }

// parseDuration reads what time.ParseDuration does, with days.
func parseDuration(s string) (time.Duration, error) {
	var days time.Duration
	if before, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return 0, errors.New("want a duration, such as 3d, 6h30m or 45s")
		}
		days, s = time.Duration(n)*24*time.Hour, after
		if s == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, errors.New("want a duration, such as 3d, 6h30m or 45s")
	}
	return days + d, nil
}

// time reads a time: how long ago, the word now, a date of the zone, or RFC 3339.
func (o *options) time(name, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if s == "now" {
		o.relative = true
		return o.now, nil
	}
	if d, err := parseDuration(s); err == nil {
		o.relative = true
		return o.now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, o.zone.Location); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf(`%s %q: want how long ago (2h, 3d, 6h30m), now, "2026-01-31 01:10", or RFC 3339 (2026-01-31T01:10:00-03:00)`, name, s)
}

// product is the flag -product.
type product struct{ celcoin.Product }

// products are its values.
var products = map[string]celcoin.Product{"pix": celcoin.ProductPix, "baas": celcoin.ProductBaaS, "baas-v1": celcoin.ProductBaaSV1}

func (p *product) String() string { return "" }

func (p *product) Set(s string) error {
	var known bool
	if p.Product, known = products[strings.ToLower(s)]; !known {
		return errors.New("want pix, baas or baas-v1")
	}
	return nil
}

// entities are the values of the flag -entity.
type entities []celcoin.Entity

func (e *entities) String() string { return "" }

func (e *entities) Set(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return errors.New("want names, such as pix-payment-in,pix-payment-out")
		}
		*e = append(*e, celcoin.Entity(name))
	}
	return nil
}

// check refuses names that are not known for the product, and fills in all known
// ones if there is none.
func (e entities) check(p product, unknown bool) (entities, error) {
	known, other, hint := celcoin.PixEntities(), celcoin.BaaSEntities(), "baas"
	if p.Product != "" && p.Product != celcoin.ProductPix {
		known, other, hint = other, known, "pix"
	}
	if len(e) == 0 {
		return known, nil
	}
	for _, name := range e {
		if slices.Contains(known, name) {
			continue
		}
		if slices.Contains(other, name) {
			return nil, fmt.Errorf("-entity %s is of the other product: -product %s", name, hint)
		}
		if !unknown {
			names := make([]string, len(known))
			for i, k := range known {
				names[i] = string(k)
			}
			return nil, fmt.Errorf("-entity %q is not known%s; -any-entity takes it all the same", name, didYouMean(string(name), names))
		}
	}
	return e, nil
}

// events are the values of the flag -event.
type events []ceffu.EventType

func (e *events) String() string { return "" }

func (e *events) Set(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(ceffu.EventTypes(), func(t ceffu.EventType) bool { return eventName(t) == strings.TrimSpace(name) })
		if i < 0 {
			return errors.New("want deposit-success, deposit-failed, withdrawal-success or withdrawal-failed")
		}
		*e = append(*e, ceffu.EventTypes()[i])
	}
	return nil
}

func eventName(t ceffu.EventType) string { return strings.ReplaceAll(t.String(), " ", "-") }

// didYouMean names the nearest of some names, if one is near.
func didYouMean(name string, names []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, n := range names {
		if d := distance(name, n); d < least {
			best, least = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// distance is how many letters have to be changed, put in or taken out.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}
