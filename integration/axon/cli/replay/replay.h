/* Runs a transcript on a module and compares every step. */
#ifndef AXON_CLI_REPLAY_H
#define AXON_CLI_REPLAY_H

#include "cli/replay/report.h"
#include "ic/bytes.h"

struct replay_options {
    struct ic_bytes wasm;      /* installed, and installed again by each upgrade */
    bool exact_instructions;   /* a step with another instruction count is a difference */
};

/* replay_run replays one file, printing a line for each difference to stdout.
 *   report    rows are added to
 *   why       on failure: the reason is appended
 *   returns   false when the transcript is damaged; what ran before is in the report */
IC_MUST_USE bool replay_run(struct replay_report *report, const char *path,
                            const struct replay_options *options, struct axon_buf *why);

#endif
