AGENT := integration/axon/agent
$(eval $(call archive,axon_agent,$(addprefix $(AGENT)/,agent.c http.c pem.c verify.c)))
$(eval $(call unit_test,axon_agent_pem,$(AGENT)/test/test_pem.c,axon_agent axon_http axon_base ic))
$(eval $(call unit_test,axon_agent_verify,$(AGENT)/test/test_verify.c,axon_agent axon_http axon_base ic))
$(eval $(call unit_test,axon_agent,$(AGENT)/test/test_agent.c,axon_agent axon_http axon_exec axon_engine axon_wasm axon_base candid ic))
