#include "cli/bench/throughput.h"

#include "agent/agent.h"
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AMOUNT_E8S 1000u

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- transfers ------------------------------------------------------------------------------- */

bool bench_throughput(struct bench_throughput *out, struct ic_bytes wasm, uint64_t account_count,
                      uint64_t transfer_count, struct axon_buf *why)
{
    struct bench_world *w = bench_world_new(wasm);
    bench_world_fund(w, account_count);
    double start = now_s();
    for (uint64_t i = 0; i < transfer_count && !bench_world_has_failed(w); i++) {
        /* 7919 is prime: the senders are distinct while transfers do not outnumber accounts */
        struct ic_principal from = bench_user(i * 7919 % account_count);
        struct bench_transfer t = {.to = bench_user((i * 7919 + account_count / 2) % account_count),
                                   .amount_e8s = AMOUNT_E8S};
        bench_arg_icrc1_transfer(&w->arg, BENCH_JS, &t);
        bench_update(w, &from, "icrc1_transfer");
    }
    out->seconds = now_s() - start;
    out->account_count = account_count;
    out->transfer_count = transfer_count;
    bench_world_audit(w);
    bool ok = !bench_world_has_failed(w);
    axon_buf_append(why, axon_buf_bytes(&w->why));
    bench_world_free(w);
    return ok;
}

/* ---- start to first answer ------------------------------------------------------------------- */

/* Starts `axon start --port 0`; its output comes out of *out. */
static pid_t spawn_start(FILE **out, const char *identities_dir)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/proc/self/exe", "axon", "start", "--port", "0", "--identities", identities_dir,
              (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *out = fdopen(ends[0], "r");
    return pid;
}

/* The word after "URL:" in what `axon start` prints. */
static bool read_url(FILE *in, char *url, size_t size)
{
    char line[1024], word[256];
    while (fgets(line, sizeof line, in) != NULL) {
        if (sscanf(line, "URL: %255s", word) == 1) {
            snprintf(url, size, "%s", word);
            return true;
        }
    }
    return false;
}

static bool ask_balance(const char *url, struct axon_buf *why)
{
    struct axon_agent *agent = axon_agent_new(&(struct axon_agent_config){.url = url});
    struct axon_agent_answer answer = {0};
    struct axon_buf arg = {0};
    struct ic_principal ledger = ic_principal_from_canister_index(2);
    bench_arg_account_balance(&arg, BENCH_JS, &IC_PRINCIPAL_ANONYMOUS);
    bool ok = axon_agent_trust_status(agent, &answer) &&
              axon_agent_query(agent, &answer, &ledger, "account_balance", axon_buf_bytes(&arg)) ==
                  AXON_AGENT_REPLIED;
    axon_buf_append(why, axon_buf_bytes(&answer.text));
    axon_buf_free(&arg);
    axon_agent_answer_free(&answer);
    axon_agent_free(agent);
    return ok;
}

bool bench_start_time(struct bench_throughput *out, struct axon_buf *why)
{
    char dir[] = "/tmp/axon-bench-XXXXXX", url[256] = "";
    if (mkdtemp(dir) == NULL) {
        axon_buf_append_text(why, strerror(errno));
        return false;
    }
    FILE *screen = NULL;
    double start = now_s();
    pid_t pid = spawn_start(&screen, dir);
    bool ok = pid > 0 && screen != NULL && read_url(screen, url, sizeof url) &&
              ask_balance(url, why);
    out->start_s = now_s() - start;
    if (!ok && why->size == 0) {
        axon_buf_append_text(why, "axon start did not come up");
    }
    if (pid > 0) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
    if (screen != NULL) {
        fclose(screen);
    }
    static const char *const names[] = {"dev1.pem", "dev2.pem"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
    return ok;
}
