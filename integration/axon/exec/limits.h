/* Every limit of the execution environment, with its source. "Host" marks limits that protect the
 * machine axon runs on; the Internet Computer has larger or other ones there. */
#ifndef AXON_EXEC_LIMITS_H
#define AXON_EXEC_LIMITS_H

/* Instructions. SPEC: ic-system 11.8 */
#define AXON_LIMIT_UPDATE_SYSTEM      50000000000u
#define AXON_LIMIT_UPDATE_APP         40000000000u
#define AXON_LIMIT_QUERY              5000000000u /* replicated queries too: the recorded machine */
#define AXON_LIMIT_INSPECT            200000000u
#define AXON_LIMIT_INSTALL_SYSTEM     1000000000000u
#define AXON_LIMIT_INSTALL_APP        300000000000u
#define AXON_SLICE                    2000000000u
#define AXON_CLEANUP_PERCENT          5u /* of the message limit, held back from callbacks */
#define AXON_HEAP_PAGE_INSTRUCTIONS   1000u
#define AXON_STABLE_PAGE_INSTRUCTIONS 1000u

/* 4 KiB pages of stable memory that one message may write. SPEC: ic-system 2.4 */
#define AXON_STABLE_DIRTY_UPDATE  524288u  /* 2 GiB */
#define AXON_STABLE_DIRTY_INSTALL 2097152u /* 8 GiB */
#define AXON_STABLE_DIRTY_QUERY   262144u  /* 1 GiB */

/* Messages. SPEC: ic-system 2.4, 13 */
#define AXON_REPLY_BYTES_MAX       2097152u
#define AXON_QUERY_REPLY_BYTES_MAX 3145728u
#define AXON_REJECT_BYTES_MAX      8192u
#define AXON_CALL_BYTES_MAX        10485760u /* method name and payload, same subnet */
#define AXON_METHOD_NAME_BYTES_MAX 20000u
#define AXON_QUEUE_MAX             500u /* open calls from one canister to another */
#define AXON_BEST_EFFORT_S_MAX     300u
#define AXON_TRAP_BYTES_MAX        16384u
#define AXON_STOP_TIMEOUT_NS       300000000000u
#define AXON_INGRESS_COUNT_MAX     600000u /* ingress history entries */

/* Canisters. SPEC: ic-system 2.4, 9, 10.1 */
#define AXON_CERTIFIED_DATA_BYTES_MAX 32u
#define AXON_CONTROLLERS_MAX          10u
#define AXON_HEAP_BYTES_MAX           4294967296u
#define AXON_STABLE_PAGES_MAX         8192000u /* 500 GiB in 64 KiB pages */
#define AXON_STABLE32_PAGES_MAX       65536u
#define AXON_LOG_BYTES_MAX            4096u
#define AXON_LOG_RECORD_BYTES         40u /* overhead of one record */
#define AXON_FREEZING_THRESHOLD_S     2592000u
#define AXON_RESERVED_CYCLES_LIMIT    5000000000000u
#define AXON_ENVIRONMENT_COUNT_MAX    20u
#define AXON_ENVIRONMENT_BYTES_MAX    128u

/* Composite queries. SPEC: ic-system 3.6 */
#define AXON_COMPOSITE_DEPTH_MAX         6u
#define AXON_COMPOSITE_CALL_INSTRUCTIONS 50000000u

/* Host. */
#define AXON_CALLBACKS_MAX       10000u      /* open calls of one canister */
#define AXON_QUEUED_BYTES_MAX    2147483648u /* payloads of all queued messages */
#define AXON_CANISTERS_MAX       10000u      /* each reserves 4 GiB of address space */
#define AXON_STOP_REQUESTS_MAX   500u        /* pending for one canister */
#define AXON_TIMER_ROUNDS_MAX    1000u       /* timer rounds at one time */
#define AXON_COMPOSITE_CALLS_MAX 1000u       /* nested calls in one composite query */

#endif
