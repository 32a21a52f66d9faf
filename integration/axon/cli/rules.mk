# The program. Commands live in their own folders; what they share is in cli.c.
CLI := integration/axon/cli
CLI_SOURCES := $(addprefix $(CLI)/,main.c cli.c \
    replay/command.c replay/replay.c replay/transcript.c replay/compare.c replay/quoted.c \
    replay/report.c replay/official_did.c \
    net/client.c net/call.c net/install.c net/start.c \
    bench/command.c bench/world.c bench/audit.c bench/args.c bench/rows.c bench/print.c \
    bench/throughput.c)
CLI_LIBS := axon_agent axon_http axon_exec axon_engine axon_wasm axon_base text didc candid ic

$(eval $(call program,axon,$(CLI_SOURCES),$(CLI_LIBS)))

# Interfaces that are built into the program, as the elements of byte arrays.
define embed
$(BUILD)/gen/$(1): $(2)
	@mkdir -p $$(@D)
	@od -An -v -tx1 $$< | sed 's/ \(..\)/0x\1,/g' > $$@
$(O)/$(3): $(BUILD)/gen/$(1)
endef
$(eval $(call embed,replay_official_did.inc,$(CLI)/replay/official.did,$(CLI)/replay/official_did.o))
$(eval $(call embed,cli_management_did.inc,integration/axon/mgmt/management.did,$(CLI)/net/client.o))

$(eval $(call unit_test,axon_cli_replay,$(CLI)/test/test_replay.c $(addprefix $(CLI)/, \
    cli.c replay/compare.c replay/official_did.c replay/quoted.c replay/transcript.c), \
    axon_base text didc candid ic))

$(eval $(call unit_test,axon_cli_bench_args,$(CLI)/test/test_bench_args.c $(CLI)/bench/args.c,\
    axon_http axon_base text didc candid ic))
$(O)/$(CLI)/test/test_bench_args.o: | $(BUILD)/gen/icp_did.h

AXON_TESTS += $(CLI)/test/test_replay.sh $(CLI)/test/test_bench.sh $(CLI)/test/test_cli.sh
