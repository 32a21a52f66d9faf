# cert/, crypto/ and http/ make one archive: the HTTPS interface, for servers and clients.
AXON_HTTP_SOURCES := $(addprefix integration/axon/,crypto/keys.c crypto/bls.c \
    cert/cbor.c cert/cbor_write.c cert/node_hash.c cert/tree.c cert/witness.c cert/certificate.c \
    http/rihash.c http/request.c http/request_read.c http/auth.c http/ranges.c http/state.c \
    http/ingress.c http/effective.c http/service.c http/call.c http/query.c http/read_state.c \
    http/server.c http/local.c)
# local.c speaks to the ledger: its descriptors come along (the native ledger has them as well).
$(eval $(call archive,axon_http,$(AXON_HTTP_SOURCES) $(BUILD)/gen/icp_did.c))
$(O)/integration/axon/http/effective.o: | $(BUILD)/gen/management_did.h
$(O)/integration/axon/http/local.o $(O)/integration/axon/http/test/test_local.o: | $(BUILD)/gen/icp_did.h $(BUILD)/gen/management_did.h

$(eval $(call unit_test,axon_crypto,integration/axon/crypto/test/test_crypto.c,axon_http axon_base ic))
$(eval $(call unit_test,axon_cert,integration/axon/cert/test/test_cert.c,axon_http axon_base ic))
$(eval $(call unit_test,axon_request,integration/axon/http/test/test_request.c,axon_http axon_base ic))
$(eval $(call fuzz_target,fuzz_cbor_request,integration/axon/http/test/fuzz_cbor_request.c,axon_http axon_base ic))
AXON_HTTP_TEST := integration/axon/http/test
$(eval $(call unit_test,axon_service,$(AXON_HTTP_TEST)/test_service.c $(AXON_HTTP_TEST)/client.c,axon_http $(AXON_LIBS)))
$(eval $(call unit_test,axon_server,$(AXON_HTTP_TEST)/test_server.c,axon_http $(AXON_LIBS)))
$(eval $(call unit_test,axon_local,$(AXON_HTTP_TEST)/test_local.c,axon_http $(AXON_LIBS)))
$(eval $(call fuzz_target,fuzz_certificate,integration/axon/cert/test/fuzz_certificate.c,axon_http axon_base ic))
