# The judgement of an HTTP gateway, for tests.
$(eval $(call archive,gateway,integration/gateway/gateway.c))
