# A page in parts, in Wasm, and the test that fetches it through a gateway.
SITE := integration/canisters/site
$(eval $(call didc_gen,site,$(SITE)/site.did))
$(BUILD)/gen/site_did.h: sdk-c/web/http.did
$(BUILD)/gen/site.did: $(SITE)/site.did sdk-c/web/http.did $(BUILD)/didc
	@mkdir -p $(@D)
	$(BUILD)/didc print $< >$@.new && mv $@.new $@
$(eval $(call canister,site,$(SITE)/main.c $(BUILD)/gen/site_did.c $(BUILD)/gen/site_dispatch.c $(IC_HTTP_SOURCES),$(BUILD)/gen/site.did))
$(eval $(call unit_test,site_wasm,$(SITE)/test_site.c $(BUILD)/gen/site_did.c,gateway axon_http $(AXON_LIBS)))
$(patsubst %.c,$(O)/%.o,$(wildcard $(SITE)/*.c)): | $(BUILD)/gen/site_did.h
