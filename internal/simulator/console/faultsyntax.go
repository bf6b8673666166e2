package console

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Vendors are the operations of each vendor, by the vendor's name.
type Vendors map[string][]string

// FaultSyntax says in short how a fault is written. [FaultKeys] lists the rest.
const FaultSyntax = `WHERE:WHAT,WHAT,...
WHERE is vendor.operation (celcoin.replay), an operation (replay), a vendor, or * for everything.
WHAT is key=value, or a key alone for a switch. A value that holds a comma is put in
double quotes, in which \r, \n, \x00 and the like work: body="{\"a\":1,\"b\":2}".`

// ParseFault reads a fault as "replay:status=503,retry-after=2,times=3". It
// returns it with the names of the vendors that it is for, sorted.
func (v Vendors) ParseFault(text string) (vendors []string, fault simulator.Fault, err error) {
	where, what, found := strings.Cut(text, ":")
	if !found {
		return nil, fault, fmt.Errorf("fault %q: no colon: want WHERE:WHAT, as replay:status=503,times=3", text)
	}
	vendors, fault.Operation, err = v.target(strings.TrimSpace(where))
	if err != nil {
		return nil, fault, fmt.Errorf("fault %q: %w", text, err)
	}
	if err := parseWhat(&fault, what); err != nil {
		return nil, fault, fmt.Errorf("fault %q: %w", text, err)
	}
	if err := fault.Check(); err != nil {
		return nil, fault, fmt.Errorf("%q: %w", text, err)
	}
	if !harmful(fault) {
		return nil, fault, fmt.Errorf("fault %q: it says when, but not what goes wrong", text)
	}
	return vendors, fault, nil
}

// target finds out whom a fault is for.
func (v Vendors) target(where string) (vendors []string, operation string, err error) {
	if where == "*" {
		return slices.Sorted(maps.Keys(v)), "", nil
	}
	if _, ok := v[where]; ok {
		return []string{where}, "", nil
	}
	vendor, operation, both := strings.Cut(where, ".")
	if !both {
		vendor, operation = "", where
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if (!both || name == vendor) && slices.Contains(v[name], operation) {
			vendors = append(vendors, name)
		}
	}
	if len(vendors) == 0 {
		return nil, "", fmt.Errorf("%q is none of %s", where, strings.Join(v.targets(), ", "))
	}
	return vendors, operation, nil
}

// targets are all that can stand before the colon.
func (v Vendors) targets() []string {
	targets := []string{"*"}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		targets = append(targets, name)
		for _, operation := range v[name] {
			targets = append(targets, name+"."+operation)
		}
	}
	return targets
}

func parseWhat(fault *simulator.Fault, what string) error {
	if strings.TrimSpace(what) == "" {
		return errors.New("nothing after the colon")
	}
	seen := map[string]bool{}
	for what != "" {
		name, value, hasValue, rest, err := nextPair(what)
		if err != nil {
			return err
		}
		key, known := findKey(name)
		switch {
		case !known:
			return fmt.Errorf("there is no %q: the keys are %s", name, strings.Join(keyNames(), ", "))
		case seen[name] && !key.repeats:
			return fmt.Errorf("%s is there twice", name)
		case key.Form == "" && hasValue:
			return fmt.Errorf("%s is a switch and takes no value", name)
		case key.Form != "" && !hasValue:
			return fmt.Errorf("%s needs a value: %s=%s", name, name, key.Form)
		}
		seen[name] = true
		if err := key.set(fault, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		what = rest
	}
	return nil
}

// nextPair takes one key, with its value if it has one, off the text.
func nextPair(text string) (name, value string, hasValue bool, rest string, err error) {
	end := strings.IndexAny(text, "=,")
	if end < 0 {
		return strings.TrimSpace(text), "", false, "", nil
	}
	name = strings.TrimSpace(text[:end])
	if text[end] == ',' {
		return name, "", false, text[end+1:], nil
	}
	text = text[end+1:]
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return name, "", true, "", fmt.Errorf("%s: the quotes are not closed, or hold a \\ that means nothing", name)
		}
		if value, err = strconv.Unquote(quoted); err != nil {
			return name, "", true, "", fmt.Errorf("%s: %w", name, err)
		}
		rest, ok := strings.CutPrefix(text[len(quoted):], ",")
		if !ok && rest != "" {
			return name, "", true, "", fmt.Errorf("%s: after the quotes a comma has to follow", name)
		}
		return name, value, true, rest, nil
	}
	value, rest, _ = strings.Cut(text, ",")
	return name, value, true, rest, nil
}
