# Candid text on the host.
$(eval $(call archive,text,$(addprefix sdk-c/text/,text.c parse_value.c fit.c number.c print_value.c)))
$(eval $(call unit_test,candid_vectors,sdk-c/text/test/test_vectors.c,text didc candid ic))
$(eval $(call unit_test,candid_text,sdk-c/text/test/test_text.c,text didc candid ic))
$(eval $(call fuzz_target,fuzz_candid_text,sdk-c/text/test/fuzz_candid_text.c,text didc candid ic))
# Against the JavaScript library.
$(eval $(call program,candid_peer,sdk-c/candid/test/js/peer.c,text didc candid ic))
AXON_TESTS += sdk-c/candid/test/js/run.sh
