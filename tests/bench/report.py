"""Numbers to lines: the table that is printed and the page that is written."""
import os
import platform
import re
import statistics
import subprocess


def median(values):
    return statistics.median(values)


def figure(values, digits=0):
    """Median and spread: "41 (39-44)"."""
    text = f"{median(values):,.{digits}f}"
    if len(values) > 1:
        text += f" ({min(values):,.{digits}f}-{max(values):,.{digits}f})"
    return text


class Row:
    """One aim: what was measured, beside what, and whether it is met."""

    def __init__(self, work, bare, telaio, value, aim, is_met, values=()):
        self.work = work
        self.bare = bare
        self.telaio = telaio
        self.value = value
        self.aim = aim
        self.is_met = is_met
        self.values = list(values)

    def cells(self):
        return [self.work, self.bare, self.telaio, self.value, self.aim,
                {True: "yes", False: "**no**", None: ""}[self.is_met]]


def ratio_row(work, unit, bare, telaio, aim=None, at_most=True, digits=1):
    """@bare and @telaio: values of the same rounds; the ratio is taken round by round."""
    ratios = [t / b for t, b in zip(telaio, bare)]
    middle = median(ratios)
    is_met = None if aim is None else (middle <= aim if at_most else middle >= aim)
    text = "" if aim is None else f"{'at most' if at_most else 'at least'} {aim} x"
    return Row(f"{work}, {unit}", figure(bare, digits), figure(telaio, digits),
               f"{figure(ratios, 2)} x", text, is_met, ratios)


def plain_row(work, unit, values, aim, digits=1):
    return Row(f"{work}, {unit}", "", figure(values, digits), "", f"under {aim}",
               max(values) < aim if len(values) == 1 else median(values) < aim, values)


def table(rows):
    head = ["work", "bare", "Telaio", "ratio", "aim", "met"]
    lines = [head, ["---"] * len(head)] + [r.cells() for r in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def printed(rows):
    """The same for a terminal, in columns."""
    lines = [["work", "bare", "Telaio", "ratio", "aim", "met"]]
    lines += [[c.replace("*", "") for c in r.cells()] for r in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(6)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip()
                     for line in lines)


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        match = re.search(r"model name\s*:\s*(.+)", file.read())
    return match[1] if match else platform.machine()


def machine():
    compiler = subprocess.run(["cc", "--version"], capture_output=True, text=True,
                              check=True).stdout.splitlines()[0]
    return (f"{os.cpu_count()} cores of {cpu_model()}, Linux {platform.release()}, {compiler}; "
            f"server and client on one core each")


PAGE = """# Performance

Written by `make bench`. Rates of shared machines drift by half from minute to minute, so what counts
are **ratios** of programs measured in turn in one run; the steadiest figure is the server's **processor
time of a request**. Medians, with the least and the most of {rounds} rounds in brackets.

The yardsticks are in `tests/bench/`: `bare_server` is an epoll server in C that runs the same SQL on
the same file and writes the same members, without authentication, permissions, validation, limits,
versions or logs; `bare_import` binds the fields of the same CSV to one prepared statement in one
transaction; `pg_server` is the same on PostgreSQL by libpq, pipelined on one connection or with a
blocking connection for each of eight threads; `pg_threads` waits like that below libmicrohttpd, the
HTTP library that Telaio has too; `\\copy` is `psql`'s. Telaio runs as it is delivered, asked with an API
token. Both have one loop on one core, 50 connections are kept alive by `wrk` on another.

{table}

* The table has {rows:,} contacts; the list is 50 of them by `filters`, `sort` and `count=none` over an
  index that holds both. Every insert is synced before it is answered.
* {sync}
* Start: from exec to a ready answer of `/readyz`, on a data folder with one tenant and 20 tables.
* Measured on {machine}.
"""


def page(rows, facts):
    return PAGE.format(table=table(rows), machine=machine(), **facts)
