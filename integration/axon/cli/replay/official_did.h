/* The content of official.did, built into the program. */
#ifndef AXON_CLI_REPLAY_OFFICIAL_DID_H
#define AXON_CLI_REPLAY_OFFICIAL_DID_H

#include "ic/bytes.h"

struct ic_bytes replay_official_did(void);

#endif
