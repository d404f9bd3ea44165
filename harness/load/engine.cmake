list(APPEND LOAD_SOURCES agenda.cpp lane.cpp recorder.cpp runner.cpp)
