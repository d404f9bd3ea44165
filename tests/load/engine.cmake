list(APPEND LOAD_TEST_SOURCES runner_test.cpp runner_timeout_test.cpp recorder_test.cpp)
