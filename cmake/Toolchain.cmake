# Compiler cache, warnings (an interface target that is never exported), sanitizers and coverage.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Links are memory-hungry; one at a time keeps two cores useful.
set_property(GLOBAL PROPERTY JOB_POOLS link_pool=1)
set(CMAKE_JOB_POOL_LINK link_pool)

add_library(abgate_warnings INTERFACE)
target_compile_options(abgate_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wduplicated-cond -Wlogical-op -Wcast-align
  -Wno-restrict  # false positives on std::string in GCC 12 (GCC bug 105651)
  $<$<BOOL:${ABGATE_WERROR}>:-Werror>)

if(ABGATE_SANITIZE)
  add_compile_options(-fsanitize=${ABGATE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ABGATE_SANITIZE})
endif()
if(ABGATE_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
