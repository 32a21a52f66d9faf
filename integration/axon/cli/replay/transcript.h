/* Recorded calls: JSON lines, one step a line, plain or gzip. The fields are told in
 * integration/vectors/ledger-core/README.md. */
#ifndef AXON_CLI_REPLAY_TRANSCRIPT_H
#define AXON_CLI_REPLAY_TRANSCRIPT_H

#include "base/buf.h"
#include "ic/principal.h"

enum replay_kind { REPLAY_INSTALL, REPLAY_UPGRADE, REPLAY_UPDATE, REPLAY_QUERY };
const char *replay_kind_name(enum replay_kind kind);

struct replay_step {
    size_t line;                     /* in the file, from 1 */
    uint64_t time_ns;
    struct ic_principal canister;
    struct ic_principal caller;
    enum replay_kind kind;
    char method[128];                /* NUL-terminated */
    struct axon_buf arg;
    bool has_reply;                  /* else rejected */
    struct axon_buf reply;
    struct axon_buf reject;
    uint64_t instructions;
    struct axon_buf certified_data;
    /* REPLAY_INSTALL: the canister and the machine. */
    uint64_t cycles;
    struct ic_principal controller;
    char seed[64];                   /* of raw_rand */
    uint64_t first_canister;
};
void replay_step_free(struct replay_step *step);

struct replay_transcript;

/* replay_transcript_open opens a file.
 *   why       on failure: the reason is appended
 *   returns   release with replay_transcript_close; NULL on failure */
struct replay_transcript *replay_transcript_open(const char *path, struct axon_buf *why);
void replay_transcript_close(struct replay_transcript *t);

enum replay_read { REPLAY_READ_STEP, REPLAY_READ_END, REPLAY_READ_BAD };

/* replay_transcript_next reads the next step.
 *   step      zeroed by the caller the first time, then passed in again and again
 *   why       on REPLAY_READ_BAD: the reason with the line number is appended */
enum replay_read replay_transcript_next(struct replay_transcript *t, struct replay_step *step,
                                        struct axon_buf *why);

#endif
