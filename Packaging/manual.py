#!/usr/bin/env python3
"""Writes the manual pages: one of each program, one of each of its commands, and satchel.h(3).

Usage: manual.py PROGRAMS FOLDER
  PROGRAMS  the folder of satchel and satchel-hub
  FOLDER    gets man1/ and man3/; what is in them is removed first
SOURCE_DATE_EPOCH dates the pages.

Nothing is written twice: options come from the programs themselves (--experimental-dump-help), descriptions from Docs/cli.md, where a
test holds them to the programs, and satchel.h(3) from the header's comments. A command without a place in Docs/cli.md is an error.
Python's standard library is all that is needed.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

from roff import Page, from_markdown, plain
import header

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Options that every command has: told once, at the end of each page.
COMMON = {"store", "json", "lang", "no-color", "quiet", "version", "help"}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    programs, folder = map(pathlib.Path, sys.argv[1:])
    guide = sections((ROOT / "Docs/cli.md").read_text("utf-8"))
    version = re.search(
        r'text = "(.*)"', (ROOT / "Sources/SatchelCore/SatchelVersion.swift").read_text()).group(1)
    stamp = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    Page.date, Page.source = time.strftime("%Y-%m-%d", stamp), f"Satchel {version}"

    pages = {}
    for name in ("satchel", "satchel-hub"):
        dump = subprocess.run(
            [programs / name, "--experimental-dump-help"], check=True, capture_output=True).stdout
        command = json.loads(dump)["command"]
        children = [c for c in command["subcommands"] if c["commandName"] != "help"]
        pages[f"man1/{name}.1"] = program_page(command, children, guide)
        for child in children:
            pages[f"man1/{name}-{child['commandName']}.1"] = command_page(name, child, guide)
    pages["man3/satchel.h.3"] = header.page(ROOT / "Sources/CSatchel/include/satchel.h")

    for old in folder.glob("man[0-9]/*"):
        old.unlink()
    for path, text in pages.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    print(f"{len(pages)} manual pages in {folder}")


def sections(markdown):
    """The text under each heading, by heading without its backquotes."""
    parts = re.split(r"^#{1,3} +(.*)$", markdown, flags=re.M)
    return {h.strip().strip("`"): text.strip() for h, text in zip(parts[1::2], parts[2::2])}


def program_page(command, children, guide):
    name = command["commandName"]
    page = Page(name, 1, command["abstract"])
    page.section("SYNOPSIS")
    page.line(f"\\fB{plain(name)}\\fR \\fIcommand\\fR [\\fIoptions\\fR]")
    page.section("DESCRIPTION")
    if guide.get(name):
        page.add(from_markdown(guide[name]))
        page.paragraph()
    page.add(from_markdown(without_flags(guide["The command line"]) if name == "satchel" else
                           "Data goes to stdout, everything else to stderr; with `--json` one object."))
    page.section("COMMANDS")
    for child in children:
        page.item(f"\\fB{plain(name + '-' + child['commandName'])}\\fR(1)", plain(child["abstract"]))
    page.section("OPTIONS")
    page.add(options(common_of(children)))
    page.section("EXIT STATUS")
    page.item("\\fB0\\fR", "Done.")
    page.add(from_markdown(guide["Exit statuses"]))
    page.section("ENVIRONMENT")
    for variable, meaning in ENVIRONMENT[name]:
        page.item(f"\\fB{variable}\\fR", plain(meaning))
    page.section("FILES")
    for path, meaning in FILES[name]:
        page.item(f"\\fI{plain(path)}\\fR", plain(meaning))
    if command.get("discussion"):
        page.section("EXAMPLES")
        page.discussion(command["discussion"])
    page.section("SEE ALSO")
    other = "satchel-hub" if name == "satchel" else "satchel"
    page.line(f"\\fB{plain(other)}\\fR(1), \\fBsatchel.h\\fR(3)")
    return page.text()


def command_page(program, command, guide):
    name = f"{program} {command['commandName']}"
    page = Page(name.replace(" ", "-"), 1, command["abstract"])
    page.section("SYNOPSIS")
    leaves = command.get("subcommands") or [command]
    for leaf in leaves:
        if leaf is not leaves[0]:
            page.line(".br")
        page.line(synopsis(name if leaf is command else f"{name} {leaf['commandName']}", leaf))
    page.section("DESCRIPTION")
    describe(page, name, command, guide)
    if leaves == [command]:
        section_of_options(page, command)
    else:
        page.section("COMMANDS")
        for leaf in leaves:
            page.subsection(f"{name} {leaf['commandName']}")
            page.line(plain(leaf["abstract"]))
            page.paragraph()
            describe(page, f"{name} {leaf['commandName']}", leaf, guide)
            if special := [a for a in shown(leaf) if long_name(a) not in COMMON]:
                page.line(".RS 4")
                page.add(options(special))
                page.line(".RE")
    page.section("COMMON OPTIONS")
    page.add(options(common_of(leaves)))
    page.section("EXIT STATUS")
    page.line(f"0 when all went well; the others are told in \\fB{plain(program)}\\fR(1).")
    page.section("SEE ALSO")
    page.line(f"\\fB{plain(program)}\\fR(1)")
    return page.text()


def describe(page, name, command, guide):
    """What Docs/cli.md says of a command, then the help's own words."""
    text = guide.get(name)
    if text is None:
        sys.exit(f"manual.py: Docs/cli.md has no heading for '{name}'")
    # The usage line stands in the synopsis already.
    text = re.sub(rf"^`{re.escape(name)}[^`]*`(?: →|:)?\s*", "", text)
    if text:
        page.add(from_markdown(text[0].upper() + text[1:]))
    if command.get("discussion"):
        page.paragraph()
        page.discussion(command["discussion"])


def section_of_options(page, command):
    special = [a for a in shown(command) if long_name(a) not in COMMON]
    if special:
        page.section("OPTIONS")
        page.add(options(special))


def without_flags(text):
    """The preface of Docs/cli.md without its table of common options, which each page has from the program."""
    return re.sub(r"^Every command.*?\n\n(?:\|.*\n)+", "", text, flags=re.M)


def shown(command):
    return [a for a in command["arguments"] if a["shouldDisplay"]]


def common_of(commands):
    """The options that all commands share, in the order of the first command that has them."""
    found = {}
    for command in commands:
        for leaf in command.get("subcommands") or [command]:
            for argument in shown(leaf):
                if long_name(argument) in COMMON:
                    found.setdefault(long_name(argument), argument)
    return list(found.values())


def long_name(argument):
    names = [n["name"] for n in argument.get("names", []) if n["kind"] == "long"]
    return names[0] if names else None


def synopsis(name, command):
    words = [f"\\fB{plain(name)}\\fR"]
    for argument in shown(command):
        if long_name(argument) in COMMON:
            continue
        word = spelled(argument, argument.get("preferredName"))
        if argument["isRepeating"]:
            word += "..."
        words.append(f"[{word}]" if argument["isOptional"] else word)
    return " ".join(words + ["[\\fIoptions\\fR]"])


def spelled(argument, name):
    """An option or argument as it is typed, in one of its names."""
    value = f"\\fI{plain(argument.get('valueName', 'value'))}\\fR"
    if argument["kind"] == "positional":
        return value
    dashes = "-" if name["kind"] == "short" else "--"
    text = f"\\fB{plain(dashes + name['name'])}\\fR"
    return text if argument["kind"] == "flag" else f"{text} {value}"


def options(arguments):
    out = []
    for argument in arguments:
        names = argument.get("names") or [None]
        words = [argument.get("abstract", ""), argument.get("discussion", "")]
        if argument.get("allValues") and "|" not in argument["valueName"]:
            words.append("One of " + ", ".join(argument["allValues"]) + ".")
        if argument.get("defaultValue"):
            words.append(f"Default: {argument['defaultValue']}.")
        out += [".TP", ", ".join(spelled(argument, n) for n in names),
                plain(" ".join(w for w in words if w)) or "\\&"]
    return out


ENVIRONMENT = {
    "satchel": [
        ("SATCHEL_STORE", "The store, where --store is not given."),
        ("XDG_DATA_HOME", "Holds satchel/store.sqlite otherwise; ~/.local/share if unset."),
        ("LC_ALL, LC_MESSAGES, LANG", "The language of words, where --lang is not given."),
        ("NO_COLOR", "No colours, whatever its value."),
        ("TMPDIR", "Where prepare and train put rows that do not fit into memory."),
    ],
    "satchel-hub": [
        ("SATCHEL_HUB_STORE", "The hub's store, where --store is not given."),
        ("XDG_DATA_HOME", "Holds satchel/hub.sqlite otherwise; ~/.local/share if unset."),
        ("LC_ALL, LC_MESSAGES, LANG", "The language of words, where --lang is not given."),
    ],
}
FILES = {
    "satchel": [
        ("~/.local/share/satchel/store.sqlite", "The store of one who names no other."),
        ("store.sqlite.key", "Beside a store: the key of its vault. Who has both reads the names."),
    ],
    "satchel-hub": [
        ("/var/lib/satchel/hub.sqlite", "The store of the service satchel-hub.service."),
        ("hub.sqlite.key", "Beside a store: the key of its vault of names."),
        ("hub.sqlite.tls-key.pem, hub.sqlite.tls-cert.pem",
         "Key and certificate that --tls-self-signed made. Devices pinned the key: who moves a hub moves these with the store."),
        ("/etc/satchel/hub.env",
         "Address (SATCHEL_HUB_LISTEN) and TLS options (SATCHEL_HUB_TLS) of the service, if other than 0.0.0.0:8090 and --tls-self-signed."),
    ],
}

if __name__ == "__main__":
    main()
