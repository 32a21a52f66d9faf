# The judgement of an HTTP gateway, and how it fetches pages, for tests.
$(eval $(call archive,gateway,integration/gateway/gateway.c integration/gateway/fetch.c))
