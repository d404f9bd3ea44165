list(APPEND LOAD_SOURCES arrival.cpp)
