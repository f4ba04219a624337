"""satchel.h(3), a summary made from the header's own comments."""

import re

from roff import Page, inline, plain


def page(path):
    """The page as text; every function and every type of the header stands in it."""
    text = path.read_text("utf-8")
    head, body = re.search(r"/\*\*(.*?)\*/(.*)", text, re.S).groups()
    out = Page("satchel.h", 3, "the C interface of Satchel, the core of an offline learning app")
    out.section("SYNOPSIS")
    out.add([".nf", "\\fB#include <satchel.h>\\fR", ".sp",
             "\\fBcc\\fR \\fIfile\\fR.c $(\\fBpkg\\-config\\fR \\-\\-cflags \\-\\-libs satchel)", ".fi"])
    out.section("DESCRIPTION")
    out.add(comment(re.sub(r"^ \* @(file|brief) .*\n", "", head.lstrip("\n"), flags=re.M)))
    for title, part in chapters(body):
        out.section(title.upper())
        for note, declaration in declarations(part):
            describe(out, note, declaration)
    out.section("FILES")
    out.line("The header itself tells of each field of a result; what is said here is made from it.")
    out.section("SEE ALSO")
    out.line("\\fBsatchel\\fR(1)")
    return out.text()


def chapters(body):
    """The parts of the header between its rulers, with their titles."""
    parts = re.split(r"/\* -{8,} (.*?) \*/", body)
    return list(zip(parts[1::2], parts[2::2]))


def declarations(part):
    """Each doc comment with the declaration that follows it."""
    found = []
    for match in re.finditer(r"^/\*\*(.*?)\*/\n", part, re.S | re.M):
        rest = part[match.end():]
        if rest.startswith("#define"):
            declaration = re.match(r"(?:.*\\\n)*.*\n", rest).group(0)
        elif re.match(r"typedef (enum|struct) \w+ \{", rest):
            declaration = re.match(r".*?^\} \w+;\n", rest, re.S | re.M).group(0)
        else:
            declaration = rest[:rest.index(";") + 1]
        found.append((match.group(1), declaration))
    return found


def describe(out, note, declaration):
    """A function with its prototype, a type with its name and the names of its values or fields."""
    define = re.match(r"#define (\w+)", declaration)
    named = re.match(r"typedef (enum|struct) (\w+) \{(.*)\}", declaration, re.S)
    if define:
        out.add([".TP", f"\\fB{define.group(1)}\\fR"])
    elif named:
        kind, name, fields = named.groups()
        out.add([".TP", f"\\fB{kind} {name}\\fR"])
        names = re.findall(r"\bSATCHEL_\w+(?=\s*=)", fields) if kind == "enum" else field_names(fields)
        note = note.rstrip() + "\n *\n * " + ("Values: " if kind == "enum" else "Fields: ") + ", ".join(names) + ".\n"
    else:
        out.add([".TP", plain(" ".join(declaration.split()).replace("( ", "(")).join(("\\fB", "\\fR"))])
    out.add(comment(note, paragraph=".IP"))


def field_names(fields):
    bare = re.sub(r"/\*.*?\*/", "", fields, flags=re.S)
    return re.findall(r"(\w+)\s*;", bare)


def comment(text, paragraph=".PP"):
    """A Doxygen comment as lines of man(7)."""
    lines = [re.sub(r"^\s*\*? ?", "", line, count=1) for line in text.strip("\n").split("\n")]
    out, prose, code = [], [], False

    def flush():
        if prose:
            out.append(words(" ".join(prose)))
            prose.clear()

    for line in lines:
        line = re.sub(r"(?<=\S) (@return\b)", r"\n\1", line)
        for piece in line.split("\n"):
            bare = piece.strip()
            if bare.startswith("@code"):
                flush()
                out += [paragraph, ".RS 4", ".EX"]
                code = True
            elif bare.startswith("@endcode"):
                out += [".EE", ".RE"]
                code = False
            elif code:
                out.append(plain(piece) or "\\&")
            elif not bare:
                flush()
                out.append(paragraph)
            elif bare.startswith("- "):
                flush()
                out.append(".IP \\(bu 2")
                prose.append(bare[2:])
            elif bare.startswith("@"):
                flush()
                out.append(paragraph)
                prose.append(re.sub(
                    r"@param (\w+)|@return", lambda m: f"*{m.group(1)}*:" if m.group(1) else "Returns", bare))
            else:
                prose.append(bare)
    flush()
    return [l for n, l in enumerate(out) if l != paragraph or (0 < n < len(out) - 1 and out[n - 1] != paragraph)]


def words(text):
    """Doxygen's references are names that this page has."""
    return inline(re.sub(r"::(?=\w)", "", text))
