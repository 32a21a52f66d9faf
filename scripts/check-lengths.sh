#!/bin/bash
# Length limits: a source file has at most 1,000 lines, a function at most 70 (150 where it is one flat
# switch or table, listed below with the reason).
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.c' '*.h' | grep -v expected | xargs -r awk '
    FNR == 1 { start = 0 }
    FNR == 1001 { printf "%s: more than 1,000 lines\n", FILENAME; bad = 1 }
    !start && /^[A-Za-z_].*\(/ && !/;[ \t]*$/ { start = FNR; name = $0 }
    /^}/ { if (start && FNR - start + 1 > 70) { printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start + 1, name; bad = 1 } start = 0 }
    /^[^ \t].*;[ \t]*$/ { start = 0 }
    END { exit bad }'
