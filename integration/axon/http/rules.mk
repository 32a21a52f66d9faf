# cert/, crypto/ and http/ make one archive: the HTTPS interface, for servers and clients.
$(eval $(call archive,axon_http,$(addprefix integration/axon/,crypto/keys.c crypto/bls.c \
    cert/cbor.c cert/tree.c cert/certificate.c \
    http/rihash.c http/request.c http/request_read.c http/auth.c)))
$(eval $(call unit_test,axon_crypto,integration/axon/crypto/test/test_crypto.c,axon_http axon_base ic))
$(eval $(call unit_test,axon_cert,integration/axon/cert/test/test_cert.c,axon_http axon_base ic))
$(eval $(call unit_test,axon_request,integration/axon/http/test/test_request.c,axon_http axon_base ic))
$(eval $(call fuzz_target,fuzz_cbor_request,integration/axon/http/test/fuzz_cbor_request.c,axon_http axon_base ic))
