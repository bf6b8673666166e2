package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
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
func (j *job) doComplete(context.Context) error {
	last := max(len(j.args)-1, 0)
	prefix := strings.Join(j.args[last:], "") // empty if there is no word
	for _, c := range candidates(j.args[:last], prefix) {
		if strings.HasPrefix(c, prefix) {
			fmt.Fprintln(j.stdout, c)
		}
	}
	return nil
}

// candidates are what may stand behind some words: the value of a flag, a flag, or
// the name of a command. None: it may be a file.
func candidates(before []string, last string) (words []string) {
	o, err := parse(before, time.Time{})
	flag, _ := strings.CutPrefix(fmt.Sprint(err), "flag needs an argument: -")
	switch {
	case o.command.name == "help", len(before) == 0 && !strings.HasPrefix(last, "-"):
		return commandNames()
	case o.command.name == "completion":
		return slices.Sorted(maps.Keys(scripts))
	case flag == "id":
		return recoveries(cmp.Or(o.dir, defaultDir))
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

// recoveries are the IDs in a folder. Names that are none are left out: a shell
// is going to read them.
func recoveries(dir string) (ids []string) {
	entries, _ := os.ReadDir(dir) // of a folder that cannot be read there is nothing to say
	for _, e := range entries {
		if e.IsDir() && journal.CheckID(e.Name()) == nil {
			ids = append(ids, e.Name())
		}
	}
	return ids
}
