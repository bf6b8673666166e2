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

// stamp writes a time in a zone, which the output names once.
func stamp(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.DateTime) }

func (o *options) setZone(s string) error {
	zone, err := time.LoadLocation(s)
	if t, e := time.Parse("-07:00", s); e == nil {
		_, seconds := t.Zone()
		zone, err = time.FixedZone("", seconds), nil
	} else if strings.EqualFold(s, "local") {
		zone, err = time.Local, nil
	}
	if err != nil || s == "" {
		return errors.New("want an offset (-03:00), a name (America/Manaus), UTC or local")
	}
	o.zone = zone
	return nil
}

// parseDuration reads what time.ParseDuration does, with days.
func parseDuration(s string) (time.Duration, error) {
	var days time.Duration
	rest := s
	if before, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return 0, errDuration
		}
		days, rest = time.Duration(n)*24*time.Hour, after+"0s"
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, errDuration
	}
	return days + d, nil
}

var errDuration = errors.New("want a duration, such as 3d, 6h30m or 45s")

// setTime reads a time: how long ago, the word now, a date of the zone, or RFC 3339.
func (o *options) setTime(to *time.Time, name, s string) (err error) {
	switch d, e := parseDuration(s); {
	case s == "":
		return nil
	case s == "now", e == nil:
		o.relative = true
		*to = o.now.Add(-d)
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if *to, err = time.ParseInLocation(layout, s, o.zone); err == nil {
			return nil
		}
	}
	return fmt.Errorf(`%s %q: want how long ago (2h, 3d, 6h30m), now, "2026-01-31 01:10", or RFC 3339 (2026-01-31T01:10:00-03:00)`, name, s)
}

func (o *options) setYes(s string) error {
	switch s = strings.ToLower(s); {
	case s == "false":
		s = ""
	case s != "true" && (len(s) < shownDigest || strings.Trim(s, "0123456789abcdef") != ""):
		return fmt.Errorf("want nothing, or the first %d characters of a plan's digest", shownDigest)
	}
	o.yes = s
	return nil
}

// products are the values of -product.
var products = map[string]celcoin.Product{"pix": celcoin.ProductPix, "baas": celcoin.ProductBaaS, "baas-v1": celcoin.ProductBaaSV1}

func (o *options) setProduct(s string) error {
	var known bool
	if o.request.Product, known = products[strings.ToLower(s)]; !known {
		return errors.New("want pix, baas or baas-v1")
	}
	return nil
}

func (o *options) addEntities(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return errors.New("want names, such as pix-payment-in,pix-payment-out")
		}
		o.request.Entities = append(o.request.Entities, celcoin.Entity(name))
	}
	return nil
}

// knownEntities are those of a product.
func knownEntities(p celcoin.Product) []celcoin.Entity {
	if p == "" || p == celcoin.ProductPix {
		return celcoin.PixEntities()
	}
	return celcoin.BaaSEntities()
}

// checkEntities refuses names that are not known, and fills in all that are of the
// product if there is none. Package recovery refuses those of another product.
func (o *options) checkEntities() error {
	all := append(celcoin.PixEntities(), celcoin.BaaSEntities()...)
	if len(o.request.Entities) == 0 {
		o.request.Entities = knownEntities(o.request.Product)
	}
	for _, name := range o.request.Entities {
		if !o.anyEntity && !slices.Contains(all, name) {
			return fmt.Errorf("-entity %q is not known%s; -any-entity takes it all the same", name, didYouMean(string(name), names(all)))
		}
	}
	return nil
}

func names(entities []celcoin.Entity) (all []string) {
	for _, e := range entities {
		all = append(all, string(e))
	}
	return all
}

func (o *options) addEvents(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		i := slices.Index(eventNames(), strings.TrimSpace(name))
		if i < 0 {
			return fmt.Errorf("want %s", strings.Join(eventNames(), ", "))
		}
		if event := ceffu.EventTypes()[i]; !slices.Contains(o.events, event) {
			o.events = append(o.events, event)
		}
	}
	return nil
}

// eventNames are the values of -event, in the order of [ceffu.EventTypes].
func eventNames() (all []string) {
	for _, t := range ceffu.EventTypes() {
		all = append(all, strings.ReplaceAll(t.String(), " ", "-"))
	}
	return all
}

// didYouMean names the nearest of some names, if one is near.
func didYouMean(name string, names []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, n := range names {
		if d := distance(name, n); d < least {
			best, least = "; did you mean "+n+"?", d
		}
	}
	return best
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
