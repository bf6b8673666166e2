package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Values are those of a form's fields, by name.
type Values map[string]string

// readValues gives every field its value: the one that was sent, or its own. A
// name that is no field is a mistake rather than ignored: somebody mistyped it.
func readValues(fields []Field, sent url.Values) (Values, error) {
	for name := range sent {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
			return nil, fmt.Errorf("unknown field %q: %s", name, knownFields(fields))
		}
	}
	values := make(Values, len(fields))
	for _, field := range fields {
		value := field.Value
		if sent.Has(field.Name) {
			value = sent.Get(field.Name)
		}
		if len(field.Options) > 0 && !field.Free && !slices.Contains(field.Options, value) {
			return nil, fmt.Errorf("%s is %q: want one of %s", field.Name, value, strings.Join(quoted(field.Options), ", "))
		}
		values[field.Name] = value
	}
	return values, nil
}

func knownFields(fields []Field) string {
	if len(fields) == 0 {
		return "this takes none"
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return "there are " + strings.Join(names, ", ")
}

func quoted(texts []string) []string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.Quote(text)
	}
	return quoted
}

// Int reads a whole number between two bounds.
func (v Values) Int(name string, least, most int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(v[name]))
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s is %q: want a number from %d to %d", name, v[name], least, most)
	}
	return n, nil
}

// Duration reads a duration as "90s" or "-1h30m".
func (v Values) Duration(name string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(v[name]))
	if err != nil {
		return 0, fmt.Errorf("%s is %q: want a duration as 90s, 72h or -1h30m", name, v[name])
	}
	return d, nil
}
