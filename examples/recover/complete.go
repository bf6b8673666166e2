package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/reenvio/reenvio-go/ceffu"
)

// scripts ask the program itself what fits, so they need no change when it does.
var scripts = map[string]string{
	"bash": `# source <(recover completion bash)
_recover() {
  local IFS=$'\n' cur=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=($(recover complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _recover recover
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
func (j *job) doCompletion(context.Context) (int, error) {
	script, known := scripts[strings.Join(j.args, " ")]
	if !known {
		return failed(usagef("completion of %q: want bash or zsh", strings.Join(j.args, " ")))
	}
	_, err := fmt.Fprint(j.stdout, script)
	return exitDone, err
}

// doComplete prints what the last of the words may become, a line each.
func (j *job) doComplete(context.Context) (int, error) {
	if len(j.args) == 0 {
		j.args = []string{""}
	}
	last := j.args[len(j.args)-1]
	for _, c := range j.candidates(j.args[:len(j.args)-1], last) {
		if strings.HasPrefix(c, last) {
			fmt.Fprintln(j.stdout, c)
		}
	}
	return exitDone, nil
}

func (j *job) candidates(before []string, last string) []string {
	if len(before) == 0 && !strings.HasPrefix(last, "-") {
		return commandNames()
	}
	name, dir := "", defaultDir
	var kind product
	for i, word := range before {
		flag := strings.TrimLeft(word, "-")
		switch {
		case i == 0 && flag == word:
			name = word
		case i+1 < len(before) && flag == "dir":
			dir = before[i+1]
		case i+1 < len(before) && flag == "product":
			kind.Set(before[i+1]) //nolint:errcheck,gosec // one that is wrong has the default's entities
		}
	}
	c, _ := commandOf(name)
	var previous string
	if len(before) > 0 {
		previous = before[len(before)-1]
	}
	var words []string
	switch {
	case name == "help":
		words = commandNames()
	case name == "completion":
		words = []string{"bash", "zsh"}
	case !strings.HasPrefix(previous, "-"):
	case strings.TrimLeft(previous, "-") == "id":
		return recoveries(dir)
	case strings.TrimLeft(previous, "-") == "entity":
		all, _ := entities(nil).check(kind, false)
		for _, e := range all {
			words = append(words, string(e))
		}
	case strings.TrimLeft(previous, "-") == "product":
		words = []string{"pix", "baas", "baas-v1"}
	case strings.TrimLeft(previous, "-") == "vendor":
		words = []string{"celcoin", "ceffu"}
	case strings.TrimLeft(previous, "-") == "event":
		for _, t := range ceffu.EventTypes() {
			words = append(words, eventName(t))
		}
	}
	if words != nil || j.wantsValue(previous) {
		return words
	}
	for _, f := range j.flags() {
		if f.name != "" && c.takes(f.name) {
			words = append(words, "-"+f.name)
		}
	}
	return words
}

// wantsValue tells whether a word is a flag with a value behind it.
func (j *job) wantsValue(word string) bool {
	return slices.ContainsFunc(j.flags(), func(f flagLine) bool {
		return f.name != "" && f.value != "" && strings.HasPrefix(word, "-") && f.name == strings.TrimLeft(word, "-")
	})
}

func commandNames() (names []string) {
	for _, c := range commands() {
		if c.name != "" && c.about != "" {
			names = append(names, c.name)
		}
	}
	return slices.Compact(names)
}

// recoveries are the IDs in a folder. Names that are none are left out: a shell
// is going to read them.
func recoveries(dir string) (ids []string) {
	entries, _ := os.ReadDir(dir) // of a folder that cannot be read there is nothing to say
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	for _, e := range entries {
		if name := e.Name(); e.IsDir() && name[0] != '.' && strings.Trim(name, plain) == "" {
			ids = append(ids, name)
		}
	}
	return ids
}
