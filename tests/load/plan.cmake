list(APPEND LOAD_TEST_SOURCES arrival_test.cpp body_test.cpp plan_test.cpp plan_steps_test.cpp
  synthetic_test.cpp
  dealer_test.cpp file_prompts_test.cpp session_test.cpp)
