#include "cli/replay/official_did.h"

static const uint8_t OFFICIAL_DID[] = {
#include "replay_official_did.inc"
};

struct ic_bytes replay_official_did(void)
{
    return (struct ic_bytes){.at = OFFICIAL_DID, .size = sizeof OFFICIAL_DID};
}
