list(APPEND LOAD_SOURCES lane.cpp recorder.cpp runner.cpp)
