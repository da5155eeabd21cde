#include <array>

#include "tools/command.h"
#include "tools/commands.h"

namespace waybill::tools {
namespace {

// Each script asks the program itself for the words that may come next (`--list-words`), so none of
// them has to know a command or an option.

constexpr const char* bash_script = R"(_waybill() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} i=1 typed=() known
  while [ "$i" -lt "$COMP_CWORD" ] && [[ ${COMP_WORDS[i]} != -* ]]; do
    typed+=("${COMP_WORDS[i]}")
    i=$((i + 1))
  done
  known=$(waybill "${typed[@]}" --list-words 2>/dev/null | cut -f1)
  COMPREPLY=()
  if [[ $'\n'$known$'\n' == *$'\n'"$before="$'\n'* ]]; then return; fi  # a value: a file's name
  mapfile -t COMPREPLY < <(compgen -W "${known//=/}" -- "$word")
}
complete -o bashdefault -o default -F _waybill waybill)";

constexpr const char* zsh_script = R"(#compdef waybill
_waybill() {
  local -a typed named
  local line name i=2
  while (( i < CURRENT )) && [[ ${words[i]} != -* ]]; do
    typed+=("${words[i]}")
    (( i++ ))
  done
  for line in "${(@f)$(waybill $typed --list-words 2>/dev/null)}"; do
    name=${line%%$'\t'*}
    if [[ $name == "${words[CURRENT-1]}=" ]]; then
      _files
      return
    fi
    [[ -n $name ]] && named+=("${${name%=}//:/\\:}:${line#*$'\t'}")
  done
  _describe waybill named || _files
}
compdef _waybill waybill)";

constexpr const char* fish_script = R"(function __waybill_words
  set -l words (commandline -opc)
  set -l typed
  for word in $words[2..-1]
    string match -q -- '-*' $word; and break
    set -a typed $word
  end
  set -l known (waybill $typed --list-words 2>/dev/null)
  if string match -q -- "$words[-1]="\t'*' $known
    __fish_complete_path (commandline -ct)
    return
  end
  string replace -- =\t \t $known
end
complete -c waybill -f -a '(__waybill_words)')";

struct Shell {
  std::string_view name;
  const char* script;
};
constexpr std::array shells{Shell{"bash", bash_script}, Shell{"zsh", zsh_script},
                            Shell{"fish", fish_script}};

}  // namespace

Outcome<Done> completion_main(Context& context, const Arguments& arguments) {
  std::string name;
  CommandLine line("waybill completion", "Print what teaches a shell to complete `waybill`.");
  line.argument("SHELL", name, "bash, zsh or fish")
      .example("source <(waybill completion bash)                # for this shell")
      .example("waybill completion bash > ~/.local/share/bash-completion/completions/waybill")
      .example("waybill completion zsh > ~/.zfunc/_waybill        # in a folder of $fpath")
      .example("waybill completion fish > ~/.config/fish/completions/waybill.fish");
  CHECK_OK(line.parse(context.ui, arguments));
  for (const Shell& shell : shells) {
    if (shell.name != name) continue;
    context.ui.print(shell.script);
    return done();
  }
  return wrong_usage("there is no completion for that shell", "bash, zsh and fish are known");
}

}  // namespace waybill::tools
