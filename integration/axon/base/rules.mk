$(eval $(call archive,axon_base,$(addprefix integration/axon/base/,buf.c hash.c gzip.c part.c)))
$(eval $(call unit_test,axon_base,integration/axon/base/test/test_base.c,axon_base))
