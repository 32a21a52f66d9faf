/* Encodes lines "METHOD TEXT" at the arguments of a .did file's methods, in full; prints hex. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/candid_text.h"

#define FILE_BYTES_MAX 65536u

static bool encode_line(struct candid_text *t, char *line)
{
    struct candid_text_error error = {0};
    struct ic_bytes message = {0};
    char *const text = strchr(line, ' ');
    if (text == NULL) {
        return false;
    }
    *text = 0;
    const struct candid_text_method *method = candid_text_method_find(t, line);
    if (method == NULL || !candid_text_encode(t, &message, method->args,
                                              ic_bytes_from_text(text + 1), &error)) {
        fprintf(stderr, "%s: %s\n", line, error.text);
        return false;
    }
    for (size_t i = 0; i < message.size; i++) {
        printf("%02x", message.at[i]);
    }
    printf("\n");
    return true;
}

int main(int argc, char **argv)
{
    static char did[FILE_BYTES_MAX];
    static char line[FILE_BYTES_MAX];
    struct candid_text_error error = {0};
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL) {
        return 2;
    }
    const size_t size = fread(did, 1, sizeof did, file);
    fclose(file);
    struct candid_text *t =
        candid_text_open((struct ic_bytes){.at = (const uint8_t *)did, .size = size}, &error);
    bool ok = t != NULL;
    while (ok && fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        ok = encode_line(t, line);
    }
    candid_text_close(t);
    return ok ? 0 : 1;
}
