$(eval $(call archive,axon_agent,$(addprefix integration/axon/agent/,identity.c)))
