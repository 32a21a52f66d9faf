#!/bin/bash
# The limits of what the ledger may cost, at 1,000 accounts. The last line is the program's own.
cd "$(dirname "$0")/../../../.." && exec build/axon bench ledger --check
