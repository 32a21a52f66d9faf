# The key-value store, and its tests in axon behind a verifying gateway.
KV := examples/kv
$(eval $(call didc_gen,kv,$(KV)/kv.did))
$(BUILD)/gen/kv_did.h: sdk-c/web/http.did
# The module carries its interface in one piece, without imports.
$(BUILD)/gen/kv.did: $(KV)/kv.did sdk-c/web/http.did $(BUILD)/didc
	@mkdir -p $(@D)
	$(BUILD)/didc print --comments $< >$@.new && mv $@.new $@
$(eval $(call canister,kv,$(addprefix $(KV)/,main.c pages.c) $(BUILD)/gen/kv_did.c $(BUILD)/gen/kv_dispatch.c $(IC_HTTP_SOURCES),$(BUILD)/gen/kv.did))
$(eval $(call unit_test,example_kv,$(KV)/test/test_kv.c $(KV)/test/world.c $(BUILD)/gen/kv_did.c,axon_test gateway axon_http $(AXON_LIBS) text didc candid ic))
$(patsubst %.c,$(O)/%.o,$(wildcard $(KV)/test/*.c)): | $(BUILD)/gen/kv_did.h
$(O)/$(KV)/test/%.o: CFLAGS += -Isdk-c/testkit
