package main

import (
	"context"
	"fmt"
	"maps"
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

func (j *job) candidates(before []string, last string) (words []string) {
	var c command
	given, flag := map[string]string{"dir": defaultDir}, ""
	for i, word := range before {
		name := strings.TrimLeft(word, "-")
		switch {
		case i == 0 && name == word:
			c, _ = commandOf(word)
		case flag != "":
			given[flag], flag = word, ""
		case j.wantsValue(name):
			flag = name
		}
	}
	switch {
	case c.name == "help", len(before) == 0 && !strings.HasPrefix(last, "-"):
		return commandNames()
	case c.name == "completion":
		return slices.Sorted(maps.Keys(scripts))
	case flag == "":
		for _, f := range j.flags() {
			if f.name != "" && c.takes(f.name) {
				words = append(words, "-"+f.name)
			}
		}
		return words
	}
	switch flag {
	case "id":
		return recoveries(given["dir"])
	case "product":
		return slices.Sorted(maps.Keys(products))
	case "vendor":
		return []string{"celcoin", "ceffu"}
	case "entity":
		all, _ := entities(nil).check(product{products[given["product"]]}, false)
		for _, e := range all {
			words = append(words, string(e))
		}
	case "event":
		for _, t := range ceffu.EventTypes() {
			words = append(words, eventName(t))
		}
	}
	return words
}

// wantsValue tells whether a flag has a value behind it.
func (j *job) wantsValue(name string) bool {
	return slices.ContainsFunc(j.flags(), func(f flagLine) bool { return name != "" && f.name == name && f.value != "" })
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
