list(APPEND LOAD_SOURCES arrival.cpp body.cpp dealer.cpp file_prompts.cpp plan.cpp plan_hash.cpp plan_parts.cpp plan_steps.cpp
  synthetic.cpp)
