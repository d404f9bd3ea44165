list(APPEND LOAD_TEST_SOURCES agenda_test.cpp runner_test.cpp runner_timeout_test.cpp recorder_test.cpp)
