/* <assert.h> of freestanding C: only static_assert. Run-time checks are ic_assert. */
#ifndef IC_WASM_ASSERT_H
#define IC_WASM_ASSERT_H

#define static_assert _Static_assert

#endif
