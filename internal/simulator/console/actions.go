package console

import (
	"fmt"
	"strings"
)

// ownActions are those that every simulator has.
func ownActions(p *Panel) []Action {
	actions := []Action{faultAction(p), {
		Name: "clear-faults", Label: "Clear faults", About: "Disarm every fault.",
		Do: func(Values) (string, error) {
			p.Simulator.ClearFaults()
			return "no fault is armed any more", nil
		},
	}}
	if p.Clock != nil {
		actions = append(actions, clockAction(p.Clock))
	}
	return append(actions, Action{
		Name: "forget", Label: "Forget", About: "Forget all requests and deliveries. The state stays.",
		Do: func(Values) (string, error) {
			p.Simulator.ResetRecords()
			return "requests and deliveries are forgotten", nil
		},
	})
}

func clockAction(clock *Clock) Action {
	return Action{
		Name: "clock", Label: "Move the clock",
		About: "Both simulators have the same clock. What falls due by the move happens at once.",
		Fields: []Field{
			{Name: "advance", Label: "by", Value: "1h", Options: []string{"30s", "10m", "1h", "24h", "168h", "-1h"}, Free: true},
		},
		Do: func(values Values) (string, error) {
			by, err := values.Duration("advance")
			if err != nil {
				return "", err
			}
			if err := clock.Advance(by); err != nil {
				return "", err
			}
			return fmt.Sprintf("the clock is now %v off the machine's", clock.Offset()), nil
		},
	}
}

// faultAction takes a fault in the words of the command line, or put together
// from the commonest fields, or from both.
func faultAction(p *Panel) Action {
	vendors := Vendors{p.Vendor: p.Operations}
	operation := "*"
	if len(p.Operations) > 0 {
		operation = p.Operations[len(p.Operations)-1]
	}
	return Action{
		Name: "fault", Label: "Arm the fault",
		About: "The next calls fail as said. Written out, a fault can do more: see below.",
		Fields: []Field{
			{Name: "operation", Label: "call", Value: "*", Options: append([]string{"*"}, p.Operations...)},
			{Name: "status", Label: "HTTP status", Options: []string{"400", "401", "403", "404", "429", "500", "502", "503"}, Free: true},
			{Name: "code", Label: "vendor's code"},
			{Name: "retry-after", Label: "Retry-After"},
			{Name: "delay-headers", Label: "delay", Options: []string{"1s", "10s", "1m"}, Free: true},
			{Name: "lost", Label: "answer is lost by", Value: "no", Options: []string{"no", "reset", "hang", "cut-body"}},
			{Name: "processed", Label: "carried out all the same", Value: "no", Options: []string{"no", "yes"}},
			{Name: "times", Label: "times", Value: "1", Options: []string{"1", "2", "3", "always"}, Free: true},
			{Name: "fault", Label: "or written out", Long: true},
		},
		Example: []Pair{{"fault", operation + ":status=503,retry-after=2,times=3"}},
		Do:      func(values Values) (string, error) { return armFault(p.Simulator, vendors, values) },
	}
}

func armFault(to Simulator, vendors Vendors, values Values) (string, error) {
	written := strings.TrimSpace(values["fault"])
	if written == "" {
		written = compose(values)
	}
	_, fault, err := vendors.ParseFault(written)
	if err != nil {
		return "", err
	}
	if err := to.Inject(fault); err != nil {
		return "", err
	}
	return fmt.Sprintf("armed: %s (%s)", fault, when(fault)), nil
}

// compose writes out what the fields say.
func compose(values Values) string {
	var what []string
	for _, name := range []string{"status", "code", "retry-after", "delay-headers", "times"} {
		if value := strings.TrimSpace(values[name]); value != "" {
			what = append(what, fmt.Sprintf("%s=%q", name, value))
		}
	}
	if values["lost"] != "no" {
		what = append(what, values["lost"])
	}
	if values["processed"] == "yes" {
		what = append(what, "processed")
	}
	return values["operation"] + ":" + strings.Join(what, ",")
}
