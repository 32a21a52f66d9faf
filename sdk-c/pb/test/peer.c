/* For run.sh: a message from standard input, decoded, and encoded again to standard output.
 *   pb_peer MESSAGE      exit status 1: refused */
#include "ic/pb.h"

#include "sample.pb.h"

#include <stdio.h>
#include <string.h>

static uint8_t input[1u << 16], memory[1u << 20];

/* One line for each type that run.sh sends. */
#define PEER(type)                                                                                 \
    static bool peer_##type(struct ic_bytes *out, struct ic_bytes in, struct ic_arena *a)          \
    {                                                                                              \
        type message;                                                                              \
        return ic_pb_decode(&message, type, in, a) && ic_pb_pack(out, type, &message, a);          \
    }
PEER(sample_Scalars)
PEER(sample_Shapes)
PEER(sample_Test4)

static const struct {
    const char *name;
    bool (*peer)(struct ic_bytes *out, struct ic_bytes in, struct ic_arena *a);
} PEERS[] = {
    {"Scalars", peer_sample_Scalars},
    {"Shapes", peer_sample_Shapes},
    {"Test4", peer_sample_Test4},
};

int main(int argc, char **argv)
{
    struct ic_arena arena;
    struct ic_bytes in = {.at = input}, out;
    ic_arena_init(&arena, memory, sizeof memory);
    in.size = fread(input, 1, sizeof input, stdin);
    for (size_t i = 0; argc == 2 && i < sizeof PEERS / sizeof *PEERS; i++) {
        if (strcmp(PEERS[i].name, argv[1]) == 0) {
            return !PEERS[i].peer(&out, in, &arena) ||
                   fwrite(out.at, 1, out.size, stdout) != out.size;
        }
    }
    return 2;
}
