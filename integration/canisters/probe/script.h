/* The language of the probe: a script is a sequence of operations, one byte each, some with an
 * immediate value. Operations work on a stack of numbers (n) and a stack of byte strings (s).
 *
 *   NUM x (8 bytes LE)      -> n x            STR size (4 bytes LE) bytes   -> s bytes
 *
 * Below, `s1 s2 n1 -> s` means: takes s2 (top) and s1 and n1, leaves a string. What the canister
 * remembers is one string of heap (KEEP, KEPT), stable memory, and a script per hook. Callbacks and
 * hooks are scripts as well; init and post_upgrade run their argument.
 *
 * Malformed scripts trap with "script: ...". Shared by the canister and by the tests. */
#ifndef PROBE_SCRIPT_H
#define PROBE_SCRIPT_H

/* clang-format off */
/*   X(name, code)  effect */
#define PROBE_OPERATIONS(X)                                                                        \
    X(NUM, 0x01)             /*            -> n  immediate */                                      \
    X(STR, 0x02)             /*            -> s  immediate */                                      \
    X(BYTES, 0x03)           /* n          -> s  8 bytes little-endian */                          \
    X(JOIN, 0x04)            /* s1 s2      -> s  one after the other */                            \
    X(ADD, 0x05)             /* n1 n2      -> n */                                                 \
    X(APPEND, 0x10)          /* s          ->    msg_reply_data_append */                          \
    X(REPLY, 0x11)           /*            ->    msg_reply */                                      \
    X(REJECT, 0x12)          /* s          ->    msg_reject */                                     \
    X(TRAP, 0x13)            /* s          ->    trap */                                           \
    X(PRINT, 0x14)           /* s          ->    debug_print */                                    \
    X(ARG, 0x15)             /*            -> s  argument, or reply in a callback */               \
    X(CALLER, 0x16)          /*            -> s */                                                 \
    X(SELF, 0x17)            /*            -> s */                                                 \
    X(REJECT_CODE, 0x18)     /*            -> n */                                                 \
    X(REJECT_TEXT, 0x19)     /*            -> s */                                                 \
    X(DEADLINE, 0x1a)        /*            -> n */                                                 \
    X(AVAILABLE, 0x20)       /*            -> n  cycles that came with the call */                 \
    X(ACCEPT, 0x21)          /* n          -> n  accepts at most n, leaves what it was */          \
    X(REFUNDED, 0x22)        /*            -> n */                                                 \
    X(BALANCE, 0x23)         /*            -> n */                                                 \
    X(BURN, 0x24)            /* n          -> n */                                                 \
    X(CALL, 0x30)            /* s1 s2 s3 s4 ->   call_new: callee method on_reply on_reject */     \
    X(CALL_DATA, 0x31)       /* s          -> */                                                   \
    X(CALL_CLEANUP, 0x32)    /* s          ->    script */                                         \
    X(CALL_CYCLES, 0x33)     /* n          -> */                                                   \
    X(CALL_BEST_EFFORT, 0x34) /* n         ->    timeout in seconds */                             \
    X(PERFORM, 0x35)         /*            -> n  0 or 2 */                                         \
    X(CALL_RAW, 0x36)        /* s1 s2 n    ->    call_new with n as both table indices */          \
    X(KEEP, 0x40)            /* s          ->    into the heap */                                  \
    X(KEPT, 0x41)            /*            -> s */                                                 \
    X(STABLE_SIZE, 0x42)     /*            -> n */                                                 \
    X(STABLE_GROW, 0x43)     /* n          -> n */                                                 \
    X(STABLE_WRITE, 0x44)    /* n s        ->    at offset n */                                    \
    X(STABLE_READ, 0x45)     /* n1 n2      -> s  offset, size */                                   \
    X(HOOK, 0x46)            /* n s        ->    script of hook n, see below */                    \
    X(TIME, 0x50)            /*            -> n */                                                 \
    X(TIMER, 0x51)           /* n          -> n  global_timer_set */                               \
    X(CERTIFY, 0x52)         /* s          -> */                                                   \
    X(HAS_CERTIFICATE, 0x53) /*            -> n */                                                 \
    X(CERTIFICATE, 0x54)     /*            -> s */                                                 \
    X(COUNTER, 0x55)         /* n          -> n  performance_counter */                            \
    X(STATUS, 0x56)          /*            -> n */                                                 \
    X(VERSION, 0x57)         /*            -> n */                                                 \
    X(IS_CONTROLLER, 0x58)   /* s          -> n */                                                 \
    X(IS_REPLICATED, 0x59)   /*            -> n */                                                 \
    X(METHOD_NAME, 0x5a)     /*            -> s  inspect_message */                                \
    X(ACCEPT_MESSAGE, 0x5b)  /*            -> */                                                   \
    X(CHECK, 0x5c)           /* n          ->    traps with "check failed" when n is 0 */          \
    X(EQUAL, 0x5d)           /* s1 s2      -> n  1 when equal */                                   \
    X(SPIN, 0x60)            /*            ->    loops for ever */                                 \
    X(RECURSE, 0x61)         /*            ->    recurses for ever */                              \
    X(UNREACHABLE, 0x62)     /*            -> */                                                   \
    X(GROW_HEAP, 0x63)       /* n          -> n  memory.grow by n pages */                         \
    X(DIRTY_HEAP, 0x64)      /* n1 n2      ->    writes one byte in n1 pages, n2 apart */ \
    X(WILD_STORE, 0x65)      /* n          ->    writes at address n */

/* clang-format on */

#define PROBE_OP(name, code) PROBE_##name = code,
enum probe_operation { PROBE_OPERATIONS(PROBE_OP) };
#undef PROBE_OP

/* Hooks a script can be given for. */
enum probe_hook {
    PROBE_ON_TIMER,
    PROBE_ON_HEARTBEAT,
    PROBE_ON_PRE_UPGRADE,
    PROBE_ON_INSPECT,
    PROBE_HOOKS
};

#endif
