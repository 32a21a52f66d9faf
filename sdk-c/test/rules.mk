# Tests of the kit's core, natively, and of the canister build.
$(eval $(call unit_test,ic_checked,sdk-c/test/test_checked.c,ic))
$(eval $(call unit_test,ic_memory,sdk-c/test/test_memory.c,ic))
$(eval $(call unit_test,ic_hash,sdk-c/test/test_hash.c,ic))
$(eval $(call unit_test,ic_identity,sdk-c/test/test_identity.c,ic))
$(eval $(call unit_test,ic_store,sdk-c/test/test_store.c,ic))
$(eval $(call unit_test,ic_sequences,sdk-c/test/test_log_ring_cell.c,ic))
$(eval $(call unit_test,ic_table,sdk-c/test/test_table.c,ic))
$(eval $(call unit_test,ic_dump,sdk-c/test/test_dump.c sdk-c/test/dump_content.c,ic))
$(eval $(call unit_test,ic_map,sdk-c/test/test_map.c,ic))
$(eval $(call unit_test,ic_queue,sdk-c/test/test_queue.c,ic))
$(eval $(call unit_test,ic_map_dump,sdk-c/test/test_map_dump.c,ic))
$(eval $(call unit_test,ic_u128,sdk-c/test/test_u128.c,ic))
$(eval $(call unit_test,ic_random,sdk-c/test/test_random.c,ic))
$(eval $(call unit_test,ic_timer,sdk-c/test/test_timer.c,ic))
$(eval $(call fuzz_target,fuzz_map,sdk-c/test/fuzz_map.c,ic))
$(eval $(call fuzz_target,fuzz_stable,sdk-c/test/fuzz_stable.c,ic))

AXON_TESTS += sdk-c/test/test-seal.sh sdk-c/test/test-reproducible.sh
