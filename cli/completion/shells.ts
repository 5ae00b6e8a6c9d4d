import { readFileSync } from 'node:fs'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** What a table says may stand next, looked up by the one program that all shells share. */
const program = () =>
  readFileSync(new URL('complete.awk', import.meta.url), 'utf8').replaceAll(/^#.*\n/gm, '')

/** In single quotes, as bash and zsh read them. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
/** The same for fish, which knows a backslash in them. */
const quotedForFish = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`

export const scriptFor = (shell: Shell, table: string): string =>
  ({ bash: bashScript, zsh: zshScript, fish: fishScript })[shell](table)

/** Bash cuts words at "=" and ":", so the line is cut anew at its spaces; what is offered is cut as Bash has it. */
const bashScript = (table: string) => `# Completion of selvedge for bash: source this file.
_selvedge() {
  local line=\${COMP_LINE:0:COMP_POINT} before said words
  read -ra words <<<"\${line//\\\\ /?}"
  [[ $line == *[[:space:]] ]] && words+=('')
  before=\${words[-1]}
  before=\${before%"\${COMP_WORDS[COMP_CWORD]#[=:]}"}
  [[ $before == "\${words[-1]}" && \${COMP_WORDS[COMP_CWORD]} != [=:] ]] && before=''
  COMPREPLY=()
  while IFS= read -r said; do
    case $said in
      :file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "\${words[-1]#"$before"}") ;;
      :folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "\${words[-1]#"$before"}") ;;
      *) said=\${said%%$'\\t'*}; COMPREPLY+=("\${said#"$before"}") ;;
    esac
  done < <(SELVEDGE_COMPLETION=$_selvedge_table awk "$_selvedge_program" "\${words[@]:1}")
}
_selvedge_table=${quoted(table)}
_selvedge_program=${quoted(program())}
complete -F _selvedge selvedge
`

const zshScript = (table: string) => `#compdef selvedge
# Completion of selvedge for zsh: keep this file as _selvedge in a folder of $fpath, or source it.
_selvedge() {
  local said
  local -a offered
  compset -P '--*=' && local before=\${IPREFIX##* }
  while IFS= read -r said; do
    case $said in
      :file) _files; return ;;
      :folder) _files -/; return ;;
      *) offered+=("\${\${\${said%%$'\\t'*}#$before}//:/\\\\:}:\${said#*$'\\t'}") ;;
    esac
  done < <(SELVEDGE_COMPLETION=$_selvedge_table awk "$_selvedge_program" "\${(Q)words[2,CURRENT-1][@]}" "$before\${(Q)PREFIX}")
  _describe -V selvedge offered
}
_selvedge_table=${quoted(table)}
_selvedge_program=${quoted(program())}
if [[ $funcstack[1] == _selvedge ]]; then _selvedge "$@"; else compdef _selvedge selvedge; fi
`

const fishScript = (
  table: string,
) => `# Completion of selvedge for fish: keep this file as selvedge.fish in ~/.config/fish/completions.
set -g _selvedge_table ${quotedForFish(table)}
set -g _selvedge_program ${quotedForFish(program())}
function _selvedge
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    for said in (SELVEDGE_COMPLETION="$_selvedge_table" awk "$_selvedge_program" $words[2..-1] "$last")
        switch $said
            case :file
                __fish_complete_path "$last"
            case :folder
                __fish_complete_directories "$last"
            case '*'
                echo $said
        end
    end
end
complete -c selvedge -f -a '(_selvedge)'
`
