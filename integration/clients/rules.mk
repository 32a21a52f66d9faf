AXON_TESTS += integration/clients/run.sh
