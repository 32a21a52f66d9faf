# What a canister shows the outside: certified trees, web pages, metrics, logs.
$(eval $(call unit_test,ic_cert,sdk-c/test/test_cert.c,axon_http axon_base ic))
