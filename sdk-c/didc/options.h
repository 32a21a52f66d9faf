/* The command line of didc: what it may be, and what it was. */
#ifndef DIDC_OPTIONS_H
#define DIDC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_FILES_MAX 2

struct options {
    const char *files[OPTIONS_FILES_MAX];
    size_t file_count;
    const char *prefix;
    const char *out;
    bool methods_of;
    bool comments;
};

struct command {
    const char *name;
    size_t file_count;
    const char *options; /* those it has: " --prefix --out" */
    int (*run)(const struct options *options);
};

/* options_read reads what stands behind the name of a command.
 *   returns   false after saying what is wrong, on standard error */
bool options_read(struct options *options, const struct command *command, int argc, char **argv);

/* True when help is asked for; it was printed then. */
bool options_help(int argc, char **argv);

/* Says on standard error how to get help. Returns the exit status of a wrong call. */
int options_wrong(const char *text, const char *what);

#endif
