#include "ledger/blocks_range.h"

#include "ic/checked.h"

struct ledger_range ledger_range_served(struct ledger_range held, struct ledger_range wanted,
                                        uint64_t blocks_max)
{
    const uint64_t held_end = held.first + held.count;
    const uint64_t length = wanted.count > UINT32_MAX ? UINT32_MAX : wanted.count;
    const uint64_t wanted_end = ic_sat_add_u64(wanted.first, length);
    const uint64_t first = wanted.first > held.first ? wanted.first : held.first;
    const uint64_t end = wanted_end < held_end ? wanted_end : held_end;
    if (first >= end) {
        return (struct ledger_range){.first = held.first, .count = 0};
    }
    const uint64_t count = end - first;
    return (struct ledger_range){.first = first, .count = count < blocks_max ? count : blocks_max};
}
