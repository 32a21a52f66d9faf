# cert/, crypto/ and http/ make one archive: the HTTPS interface, for servers and clients.
$(eval $(call archive,axon_http,$(addprefix integration/axon/,crypto/keys.c crypto/bls.c \
    cert/cbor.c cert/tree.c cert/certificate.c)))
