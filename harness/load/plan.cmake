list(APPEND LOAD_SOURCES arrival.cpp body.cpp dealer.cpp plan.cpp plan_hash.cpp plan_parts.cpp plan_steps.cpp
  synthetic.cpp)
