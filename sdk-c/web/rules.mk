# What a canister shows the outside: web pages. A canister that serves some adds $(IC_HTTP_SOURCES) to
# its sources and imports http.did; the trees, metrics and logs behind them are in the kit's core.
WEB := sdk-c/web
IC_HTTP_SOURCES := $(addprefix $(WEB)/,http_url.c http_route.c http_hash.c http_range.c \
                                      http_proof.c http_serve.c) \
                   $(BUILD)/gen/ic_web_did.c

$(eval $(call didc_gen,ic_web,$(WEB)/http.did))
$(eval $(call archive,web,$(IC_HTTP_SOURCES)))
$(O)/$(WEB)/http_serve.o: | $(BUILD)/gen/ic_web_did.h

$(eval $(call unit_test,ic_cert,sdk-c/test/test_cert.c,axon_http axon_base ic))
$(eval $(call unit_test,ic_web_dump,sdk-c/test/test_web_dump.c,ic))
$(eval $(call unit_test,ic_metrics,sdk-c/test/test_metrics.c,ic))
$(eval $(call unit_test,ic_logring,sdk-c/test/test_logring.c,ic))
$(eval $(call unit_test,ic_http,$(WEB)/test/test_http.c $(WEB)/test/test_http_parts.c,gateway web axon_http axon_base candid ic))
$(eval $(call fuzz_target,fuzz_cert,sdk-c/test/fuzz_cert.c,axon_http axon_base ic))
$(eval $(call fuzz_target,fuzz_http,$(WEB)/test/fuzz_http.c,web candid ic))
$(patsubst %.c,$(O)/%.o,$(wildcard $(WEB)/test/*.c)): | $(BUILD)/gen/ic_web_did.h
