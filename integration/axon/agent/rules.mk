AGENT := integration/axon/agent
$(eval $(call archive,axon_agent,$(addprefix $(AGENT)/,agent.c http.c pem.c verify.c)))
