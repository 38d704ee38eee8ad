"""A command on a terminal of its own."""
import fcntl
import os
import pty
import struct
import subprocess
import termios

WAIT_S = 60


def has_terminals(what):
    """Whether there are pseudo-terminals (not in a root without /dev/pts); if not, says that `what` is not checked."""
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as error:
        print(f"NOT CHECKED: {what}: {error} (is /dev/pts mounted?)")
        return False
    return True


def on_terminal(command, columns=80, env=None, **streams):
    """What it writes to a terminal of that width, and its exit code; `streams` are those that are no terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs, **streams}
    with subprocess.Popen([*map(str, command)], env=env, **streams) as process:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # the other end is closed
            pass
        code = process.wait(WAIT_S)
    os.close(ours)
    return text.decode(), code
