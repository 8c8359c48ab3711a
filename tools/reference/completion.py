"""Completion for bash, zsh and fish: plain scripts, so that a Tab starts no Python."""

from __future__ import annotations

from tools.reference.commands import Command, Option

_HEAD = "# Written by `make reference` from the program itself.\n"


def bash(top: Command) -> str:
    """For bash-completion, and for bash alone."""
    cases = "".join(
        f"        '{command.name}') words='{' '.join(_words(command))}' valued='{' '.join(_valued(command))}' ;;\n"
        for command in top.all()
    )
    return f"""{_HEAD}
_digest() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} path=digest words= valued= i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$path ${{COMP_WORDS[i]}}" in
            {" | ".join(f"'{command.name}'" for command in top.all()[1:])})
                path="$path ${{COMP_WORDS[i]}}" ;;
        esac
    done
    case "$path" in
{cases}    esac
    COMPREPLY=()
    case " $valued " in
        *" $before "*) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o bashdefault -o default -F _digest digest
"""


def zsh(top: Command) -> str:
    """A function for zsh's completion system."""
    return f"#compdef digest\n{_HEAD}" + "".join(_zsh_function(command) for command in top.all()) + '\n_digest "$@"\n'


def _zsh_function(command: Command) -> str:
    lines = [_zsh_option(each) for each in (*command.options, _HELP)]
    name = _function(command)
    if command.commands:
        described = "\n".join(f"        {_quoted(each.words[-1] + ':' + each.summary)}" for each in command.commands)
        cases = "\n".join(f"            {each.words[-1]}) {_function(each)} ;;" for each in command.commands)
        spec = " \\\n        ".join([*lines, "'1: :->command'", "'*:: :->rest'"])
        return f"""
{name}() {{
    local context state state_descr line
    typeset -A opt_args
    _arguments -C \\
        {spec}
    case $state in
        command)
            local -a commands=(
{described}
            )
            _describe command commands ;;
        rest)
            case $line[1] in
{cases}
            esac ;;
    esac
}}
"""
    for number, argument in enumerate(command.arguments, start=1):
        place = "*" if argument.metavar.strip("[]").endswith("...") else str(number)
        optional = ":" if argument.metavar.startswith("[") else ""
        what = f"({' '.join(argument.choices)})" if argument.choices else "_files" if argument.files else " "
        label = argument.metavar.strip("[].").replace("|", " or ").replace(":", " ")
        lines.append(_quoted(f"{place}:{optional}{label}:{what}"))
    spec = " \\\n        ".join(lines)
    return f"\n{name}() {{\n    _arguments \\\n        {spec}\n}}\n"


def _zsh_option(option: Option) -> str:
    told = option.help.replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    value = f":{option.metavar.lower().replace(':', ' ')}:{'_files' if option.files else ' '}" if option.metavar else ""
    if len(option.names) == 1:
        return _quoted(f"{option.names[0]}[{told}]{value}")
    names = " ".join(option.names)
    return f"'({names})'{{{','.join(option.names)}}}" + _quoted(f"[{told}]{value}")


def fish(top: Command) -> str:
    """For fish."""
    lines = [_HEAD, "complete -c digest -f"]
    for command in top.all():
        condition = _fish_condition(command)
        lines += [
            f"complete -c digest -n {_quoted(condition)} -a {each.words[-1]} -d {_quoted(each.summary)}"
            for each in command.commands
        ]
        for option in (*command.options, _HELP):
            flags = " ".join(f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in option.names)
            value = "" if not option.metavar else " -rF" if option.files else " -x"
            lines.append(f"complete -c digest -n {_quoted(condition)} {flags}{value} -d {_quoted(option.help)}")
        for argument in command.arguments:
            if argument.choices:
                lines.append(f"complete -c digest -n {_quoted(condition)} -a {_quoted(' '.join(argument.choices))}")
            elif argument.files:
                lines.append(f"complete -c digest -n {_quoted(condition)} -F")
    return "\n".join(lines) + "\n"


def _fish_condition(command: Command) -> str:
    seen = [f"__fish_seen_subcommand_from {word}" for word in command.words[1:]]
    if not command.commands:
        return " && ".join(seen)
    below = " ".join(each.words[-1] for each in command.commands)
    return " && ".join([*seen, f"not __fish_seen_subcommand_from {below}"])


_HELP = Option(("--help", "-h"), "", "Show what it does, and its options.", "")


def _words(command: Command) -> list[str]:
    choices = [word for argument in command.arguments for word in argument.choices]
    names = [name for option in (*command.options, _HELP) for name in option.names]
    return [*(each.words[-1] for each in command.commands), *choices, *names]


def _valued(command: Command) -> list[str]:
    return [name for option in command.options if option.files for name in option.names]


def _function(command: Command) -> str:
    return "_" + "_".join(word.replace("-", "_") for word in command.words)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "’").replace("`", "") + "'"
