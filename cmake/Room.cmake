# abgate_room(<name> SOURCES a.cpp… [ROOMS core…] [PRIVATE pkg…] [PUBLIC pkg…])
# One static library per room under harness/<name>; third-party packages are linked PRIVATE, so that
# an include from a room that may not use them fails to compile.
function(abgate_room name)
  cmake_parse_arguments(R "" "" "SOURCES;ROOMS;PRIVATE;PUBLIC" ${ARGN})
  add_library(abgate_${name} STATIC ${R_SOURCES})
  add_library(abgate::${name} ALIAS abgate_${name})
  target_include_directories(abgate_${name} PUBLIC ${PROJECT_SOURCE_DIR}/harness)
  list(TRANSFORM R_ROOMS PREPEND abgate::)
  target_link_libraries(abgate_${name} PUBLIC ${R_ROOMS} ${R_PUBLIC} PRIVATE abgate_warnings ${R_PRIVATE})
endfunction()

# abgate_test(<room> SOURCES a_test.cpp… [LINK targets…] [TIMEOUT seconds])
# One test program per room; every TEST_CASE becomes a ctest.
function(abgate_test room)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  add_executable(test_${room} ${T_SOURCES})
  target_include_directories(test_${room} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_options(test_${room} PRIVATE -O0)  # compile time; the rooms under test are optimised
  target_link_libraries(test_${room} PRIVATE ${T_LINK} abgate_source_dir Catch2::Catch2WithMain abgate_warnings)
  catch_discover_tests(test_${room} TEST_PREFIX "${room}: " PROPERTIES TIMEOUT ${T_TIMEOUT})
endfunction()
