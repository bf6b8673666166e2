package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// scripts ask the program itself what fits, so they need no change when it does.
var scripts = map[string]string{
	"bash": `# source <(recover completion bash)
_recover() {
  local IFS=$'\n'
  COMPREPLY=($(recover complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _recover recover
`,
	"zsh": `#compdef recover
# recover completion zsh > a folder of $fpath, as _recover
_recover() {
  local -a found
  found=(${(f)"$(recover complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( $#found )); then compadd -a found; else _files; fi
}
if [[ $funcstack[1] == _recover ]]; then _recover "$@"; else compdef _recover recover; fi
`,
}

// doCompletion prints the script for a shell.
func (j *job) doCompletion(context.Context) error {
	script, known := scripts[strings.Join(j.args, " ")]
	if !known {
		return usagef("completion of %q: want bash or zsh", strings.Join(j.args, " "))
	}
	fmt.Fprint(j.stdout, script)
	return nil
}

// doComplete prints what the last of the words may become, a line each.
func (j *job) doComplete(ctx context.Context) error {
	last := max(len(j.args)-1, 0)
	prefix := strings.Join(j.args[last:], "") // empty if there is no word
	for _, c := range candidates(ctx, j.args[:last], prefix) {
		if strings.HasPrefix(c, prefix) {
			fmt.Fprintln(j.stdout, c)
		}
	}
	return nil
}

// candidates are what may stand behind some words: the value of a flag, a flag, or
// the name of a command. None: it may be a file.
func candidates(ctx context.Context, before []string, last string) (words []string) {
	o, err := parse(before, time.Time{})
	flag, _ := strings.CutPrefix(fmt.Sprint(err), "flag needs an argument: -")
	switch {
	case o.command.name == "help", len(before) == 0 && !strings.HasPrefix(last, "-"):
		return commandNames()
	case o.command.name == "completion":
		return slices.Sorted(maps.Keys(scripts))
	case flag == "id":
		words, _ = o.recoveries(ctx) // of a folder that cannot be read there is nothing to say
	case flag == "product":
		return slices.Sorted(maps.Keys(products))
	case flag == "vendor":
		return []string{"celcoin", "ceffu"}
	case flag == "entity":
		return names(knownEntities(o.request.Product))
	case flag == "event":
		return eventNames()
	case err == nil:
		for f := range strings.FieldsSeq(o.command.flags) {
			words = append(words, "-"+f)
		}
	}
	return words
}

func commandNames() (all []string) {
	for _, c := range commands() {
		if c.name != "" && c.about != "" {
			all = append(all, c.name)
		}
	}
	return slices.Compact(all)
}
