#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-examples.py DOCS_DIR CODE_FILE…

Every C fragment in the pages of DOCS_DIR stands, line by line, in one of the CODE_FILEs, which are compiled: so it
compiles too."""
import pathlib
import re
import sys


def lines(text):
    """Without indentation and empty lines: a fragment may be shown further left."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def stands_in(fragment, code):
    return any(code[i:i + len(fragment)] == fragment for i in range(len(code) - len(fragment) + 1))


def main():
    pages = sorted(pathlib.Path(sys.argv[1]).glob('*.md'))
    code = [lines(pathlib.Path(name).read_text()) for name in sys.argv[2:]]
    wrong = 0
    found = 0
    for page in pages:
        text = page.read_text()
        for match in re.finditer(r'^```c\n(.*?)^```$', text, re.M | re.S):
            found += 1
            if not any(stands_in(lines(match.group(1)), one) for one in code):
                wrong += 1
                number = text.count('\n', 0, match.start()) + 1
                print(f'{page}:{number}: this fragment stands in none of the files that are compiled')
    if not found:
        print('no fragments found')
    sys.exit(1 if wrong or not found else 0)


main()
