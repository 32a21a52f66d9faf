/* The names of call results. */
#include "ic/call.h"

const char *ic_call_code_name(enum ic_call_code code)
{
    static const char *const names[] = {
        "IC_CALL_OK",
        "IC_CALL_SYS_FATAL",
        "IC_CALL_SYS_TRANSIENT",
        "IC_CALL_DESTINATION_INVALID",
        "IC_CALL_CANISTER_REJECT",
        "IC_CALL_CANISTER_ERROR",
        "IC_CALL_SYS_UNKNOWN",
        "IC_CALL_REPLY_TOO_LARGE",
        "IC_CALL_PENDING",
    };
    return (unsigned)code < sizeof names / sizeof names[0] ? names[code] : "?";
}
