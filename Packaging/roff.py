"""A manual page in man(7), and the little Markdown that Docs/cli.md uses, turned into it."""

import re


def plain(text):
    """Text with nothing left in it that roff would read as its own."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


class Page:
    """One page. `date` and `source` are the same for all of them, and set once."""

    date = ""
    source = ""

    def __init__(self, name, number, abstract):
        self.lines = [
            f'.TH "{plain(name.upper())}" "{number}" "{self.date}" "{self.source}" "Satchel"',
            # Neither stretched nor hyphenated: names and JSON must be readable, and copied, as they are.
            ".ad l", ".nr HY 0", ".nh", ".SH NAME", f"{plain(name)} \\- {plain(lowered(abstract))}"]

    def section(self, title):
        self.lines.append(f".SH {plain(title)}")

    def subsection(self, title):
        self.lines.append(f'.SS "{plain(title)}"')

    def paragraph(self):
        self.lines.append(".PP")

    def line(self, text):
        self.lines.append(text)

    def item(self, term, text):
        self.lines += [".TP", term, text]

    def add(self, lines):
        self.lines += lines

    def discussion(self, text):
        """A help's discussion: an example, or several lines of them, and prose."""
        for number, block in enumerate(re.split(r"\n\s*\n", text.strip())):
            if number:
                self.paragraph()
            lines = block.split("\n")
            example = re.match(r"Examples?:\s*(.*)", lines[0])
            if not example:
                self.line(inline(" ".join(l.strip() for l in lines)))
                continue
            self.line("Example:")
            code = [l[2:] if l.startswith("  ") else l for l in [example.group(1), *lines[1:]] if l]
            self.add([".PP", ".RS 4", ".EX", *map(plain, code), ".EE", ".RE"])

    def text(self):
        return "\n".join(tidy(self.lines)) + "\n"


def tidy(lines):
    """Without paragraphs that nothing stands in."""
    out = []
    for line in lines:
        if line == ".PP" and out and (out[-1].startswith((".SH", ".SS")) or out[-1] == ".PP"):
            continue
        if line.startswith((".SH", ".SS", ".TP", ".IP")) and out and out[-1] == ".PP":
            out.pop()
        out.append(line)
    if out[-1] == ".PP":
        out.pop()
    return out


def lowered(abstract):
    """For the line NAME: 'Create a store.' becomes 'create a store'."""
    text = abstract.strip().rstrip(".")
    return text[0].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def from_markdown(text):
    """Paragraphs, lists, tables, fenced code; `code`, **bold**, *emphasis* and links within."""
    out = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.split("\n")
        out.append(".PP")
        if lines[0].startswith("```"):
            out += [".RS 4", ".EX", *map(plain, lines[1:-1]), ".EE", ".RE"]
            continue
        prose = []
        for number, line in enumerate(lines):
            if line.startswith("|"):
                out += flushed(prose)
                out += row(line, lines[number - 1] if number else "")
            elif re.match(r"[-*] ", line):
                out += flushed(prose)
                out += [".IP \\(bu 2"]
                prose.append(line[2:])
            else:
                prose.append(line.strip())
        out += flushed(prose)
    return out


def flushed(prose):
    """The lines so far as one; empties the list."""
    lines = [inline(" ".join(prose))] if prose else []
    prose.clear()
    return lines


def row(line, above):
    """A table's row as an item: its first cell, then the others. The head of a table and its rule are left out."""
    cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
    if all(re.fullmatch(r":?-+:?", c) for c in cells) or not above.startswith("|"):
        return []
    return [".TP", inline(cells[0]), inline(": ".join(c for c in cells[1:] if c)) or "\\&"]


def inline(text):
    """Text with its marks as fonts. What stands in backquotes is left alone by the other marks."""
    parts = re.split(r"`([^`]*)`", text)
    out = []
    for number, part in enumerate(parts):
        if number % 2:
            # A long one, of JSON, may be broken after a comma.
            code = plain(part).replace(",", ",\\:") if len(part) > 40 else plain(part)
            out.append(f"\\fB{code}\\fR")
            continue
        part = plain(re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", part))
        part = re.sub(r"\*\*([^*]+)\*\*", r"\\fB\1\\fR", part)
        out.append(re.sub(r"(?<!\w)\*([^*\s][^*]*)\*(?!\w)", r"\\fI\1\\fR", part))
    line = "".join(out)
    return "\\&" + line if line.startswith((".", "'")) else line
