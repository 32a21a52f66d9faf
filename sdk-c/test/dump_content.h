/* What the dumps of stable memory hold. Shared by the native test and by the canister that writes the
 * same bytes in Wasm, so it fails by ic_assert. */
#ifndef IC_TEST_DUMP_CONTENT_H
#define IC_TEST_DUMP_CONTENT_H

/* Lays out a store in empty stable memory and fills one structure of each kind. */
void dump_write(void);
/* Opens that store and checks that everything is there. */
void dump_check(void);
/* Goes on writing to what dump_check opened, and checks the structures. */
void dump_go_on(void);

#endif
