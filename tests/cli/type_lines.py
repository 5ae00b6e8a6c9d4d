"""Types lines into a shell on a terminal and presses TAB after each: what the shell then has on its line.

The arguments are the shell, the script of its completion, and the folder to be in; the lines come as
JSON on standard input, and what became of them goes to standard output.
"""

import json
import os
import pty
import re
import select
import sys
import time

shell, script, folder = sys.argv[1:]
SETUP = {
    "bash": f"source {script}; PS1='ready> '; bind -x '\"\\C-t\": printf \"\\n<<%s>>\\n\" \"$READLINE_LINE\"'; bind 'set bell-style none'",
    "zsh": f"autoload -U compinit; compinit -D; source {script}; PS1='ready> '; unsetopt beep;"
    " shown() { print; print -r -- \"<<$BUFFER>>\" }; zle -N shown; bindkey '^T' shown",
}[shell]
START = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]

child, terminal = pty.fork()
if child == 0:
    os.chdir(folder)
    os.environ.update(TERM="dumb", HOME=folder)
    os.execvp(START[0], START)


def read_until(mark, within=20.0):
    told = b""
    end = time.time() + within
    while time.time() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            told += os.read(terminal, 65536)
            if re.search(mark, told):
                return told.decode(errors="replace")
    raise SystemExit(f"waited for {mark} in vain: {told[-2000:]!r}")


os.write(terminal, (SETUP + "; echo set''up\n").encode())
read_until(rb"\nsetup")
became = []
for line in json.load(sys.stdin):
    os.write(terminal, line.encode() + b"\t\x14")
    became.append(re.search(r"<<(.*)>>", read_until(rb"<<.*>>")).group(1))
    os.write(terminal, b"\x15")
os.write(terminal, b"exit\n")
print(json.dumps(became))
