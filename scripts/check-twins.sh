#!/bin/bash
# docs/testing.md says which native test and which fuzz target each header of the kit has: every header and
# every fuzz target must stand there, what stands there must exist, and every target has a kept corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
bad() { echo "docs/testing.md: $*"; status=1; }
section=$(sed -n '/^## The kit, header by header/,$p' docs/testing.md)
for header in sdk-c/include/ic/*.h; do
    grep -qF "\`$(basename "$header")\`" <<<"$section" || bad "no row for $(basename "$header")"
done
for file in $(grep -oE '`[a-z]+(/[a-z_]+)+\.c`' <<<"$section" | tr -d '\`' | sort -u); do
    [ -e "sdk-c/$file" ] || bad "there is no sdk-c/$file"
done
for source in $(git ls-files '*/fuzz_*.c'); do
    grep -qE "\`$(basename "$source" .c)\`" <<<"$section" || bad "no word about $(basename "$source" .c)"
done
for target in $(git grep -hoE 'call fuzz_target,[a-z_]+' -- '*rules.mk' | cut -d, -f2); do
    [ -n "$(git ls-files "*corpus/$target/*" | head -n 1)" ] || bad "$target has no kept corpus"
done
exit $status
