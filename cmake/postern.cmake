# Build settings and the one function by which every module declares itself.

include_guard(GLOBAL)
include(CheckCXXCompilerFlag)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

option(POSTERN_UNITY "compile sources in batches of 8" ON)
option(POSTERN_WERROR "warnings are errors (clang)" ON)
option(POSTERN_SANITIZE "build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(POSTERN_FUZZ "build the libFuzzer targets (clang)" OFF)
option(POSTERN_STATIC "link everything but the C library statically (docs/adr/0011)" OFF)
set(POSTERN_PROFILE "" CACHE STRING "optimisation by profile (clang): use, make, or empty for none (docs/adr/0010)")
set(POSTERN_AWS_MODELS "/usr/lib/python3/dist-packages/botocore/data" CACHE PATH
    "a botocore data folder: the service models that awsgen reads")

find_program(POSTERN_CCACHE ccache)
if(POSTERN_CCACHE)
  # base_dir makes objects shareable between checkouts in different folders.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${POSTERN_CCACHE})
endif()

add_library(postern_settings INTERFACE)
target_include_directories(postern_settings INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(postern_settings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Wimplicit-fallthrough -Wno-unused-parameter
  -fno-omit-frame-pointer -fstack-protector-strong)
# No path of the building machine in a program. ccache hands the compiler paths relative to the build folder, and an absolute
# folder in a flag would keep checkouts from sharing their objects.
if(POSTERN_CCACHE)
  file(RELATIVE_PATH POSTERN_SOURCE_PREFIX ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
  target_compile_options(postern_settings INTERFACE -ffile-prefix-map=${POSTERN_SOURCE_PREFIX}=)
else()
  target_compile_options(postern_settings INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  if(POSTERN_WERROR)
    target_compile_options(postern_settings INTERFACE -Werror)
  endif()
else()
  # g++ is the second compiler: its -Wshadow and -Wconversion see things in Boost headers and unity files that clang does
  # not; gtest's macros under an `if` and anonymous types in a unity file are not worth a warning either.
  target_compile_options(postern_settings INTERFACE -Wno-shadow -Wno-conversion -Wno-dangling-else
                         -Wno-subobject-linkage -fcoroutines)
endif()
target_compile_definitions(postern_settings INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION BOOST_BEAST_USE_STD_STRING_VIEW
  BOOST_ASIO_DISABLE_BOOST_ARRAY)
if(POSTERN_SANITIZE)
  target_compile_options(postern_settings INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_link_options(postern_settings INTERFACE -fsanitize=address,undefined)
endif()
if(POSTERN_FUZZ)
  target_compile_options(postern_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(POSTERN_PROFILE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Names of file-local functions without the folder of the build.
  set(POSTERN_PROFILE_NAMES -mllvm -static-func-full-module-prefix=false)
  if(POSTERN_PROFILE STREQUAL "make")
    target_compile_options(postern_settings INTERFACE -fprofile-generate ${POSTERN_PROFILE_NAMES}
      -fprofile-list=${CMAKE_CURRENT_LIST_DIR}/profile.list)
    target_link_options(postern_settings INTERFACE -fprofile-generate)
  else()
    find_program(POSTERN_PROFDATA NAMES llvm-profdata-19 llvm-profdata)
    set(POSTERN_PROFILE_TEXT ${CMAKE_SOURCE_DIR}/cmake/release.proftext)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${POSTERN_PROFILE_TEXT})
    if(POSTERN_PROFDATA AND EXISTS ${POSTERN_PROFILE_TEXT})
      # By its content's name: no object says that it depends on the profile, but all are made anew when their options
      # change.
      file(SHA256 ${POSTERN_PROFILE_TEXT} POSTERN_PROFILE_HASH)
      string(SUBSTRING ${POSTERN_PROFILE_HASH} 0 16 POSTERN_PROFILE_HASH)
      set(POSTERN_PROFILE_DATA release-${POSTERN_PROFILE_HASH}.profdata)
      execute_process(COMMAND ${POSTERN_PROFDATA} merge -o ${CMAKE_BINARY_DIR}/${POSTERN_PROFILE_DATA}
                              ${POSTERN_PROFILE_TEXT} COMMAND_ERROR_IS_FATAL ANY)
      # Relative to the build folder, for ccache. Code that has changed since is compiled as without a profile. What never
      # ran of a function goes into a section of its own, and not what ran seldom as well (docs/adr/0012).
      target_compile_options(postern_settings INTERFACE -fprofile-use=${POSTERN_PROFILE_DATA} ${POSTERN_PROFILE_NAMES}
        -fsplit-machine-functions "SHELL:-mllvm -mfs-psi-cutoff=0"
        -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled -Wno-backend-plugin)
    else()
      message(WARNING "no llvm-profdata or no ${POSTERN_PROFILE_TEXT}: this build is slower than a release")
    endif()
  endif()
endif()
find_program(POSTERN_MOLD mold)
if(POSTERN_STATIC)
  # mold 1.10 packs relocations, but does not say so to the C library's loader: the others do.
  target_link_options(postern_settings INTERFACE -Wl,-z,pack-relative-relocs)
  # The C library as well where it can be linked into a program that is position independent (docs/adr/0016).
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=rcrt1.o
    OUTPUT_VARIABLE POSTERN_STATIC_PIE_START OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND EXISTS ${POSTERN_STATIC_PIE_START})
    set(POSTERN_STATIC_LIBC ON)
    target_link_options(postern_settings INTERFACE -static-pie)
  else()
    target_link_options(postern_settings INTERFACE -static-libstdc++ -static-libgcc)
  endif()
  find_program(POSTERN_LLD ld.lld-19)
  set(POSTERN_ORDER ${CMAKE_SOURCE_DIR}/cmake/release.order)
  if(POSTERN_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND EXISTS ${POSTERN_ORDER})
    # What runs lies together, what never runs is not there (docs/adr/0012).
    target_compile_options(postern_settings INTERFACE -ffunction-sections -fdata-sections)
    target_link_options(postern_settings INTERFACE --ld-path=${POSTERN_LLD} -Wl,--gc-sections
      -Wl,--symbol-ordering-file=${POSTERN_ORDER} -Wl,--no-warn-symbol-ordering)
    set_property(TARGET postern_settings APPEND PROPERTY INTERFACE_LINK_DEPENDS ${POSTERN_ORDER})
  else()
    message(WARNING "no ld.lld-19 or no ${POSTERN_ORDER}: this build takes more memory than a release")
  endif()
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(POSTERN_PLAIN_LIBS -l:libboost_json.a -l:libpugixml.a -l:libyaml-cpp.a)
else()
  if(POSTERN_MOLD)
    target_link_options(postern_settings INTERFACE -fuse-ld=mold)
  endif()
  set(POSTERN_PLAIN_LIBS boost_json pugixml yaml-cpp)
endif()
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(OpenSSL REQUIRED)

# postern_module(NAME
#   SOURCES a.cpp ...        the library postern_NAME (an INTERFACE library when there are none)
#   DEPS base rt ...         modules of lower rank that it may include (tools/tidy/layers.txt has the same list)
#   LIBS ...                 third-party link targets, private to its sources
#   TESTS a_test.cpp ...     one test program NAME_test, one ctest entry NAME; run with the source folder as working directory
#   TEST_DEPS world ...      further modules that only the tests use
#   NO_UNITY a.cpp ...)      sources too heavy or too peculiar to be compiled in a batch
function(postern_module name)
  cmake_parse_arguments(M "" "" "SOURCES;DEPS;LIBS;TESTS;TEST_DEPS;TEST_LIBS;NO_UNITY" ${ARGN})
  set(target postern_${name})
  list(TRANSFORM M_DEPS PREPEND postern_)
  list(TRANSFORM M_TEST_DEPS PREPEND postern_)
  if(M_SOURCES)
    add_library(${target} STATIC ${M_SOURCES})
    target_link_libraries(${target} PUBLIC postern_settings ${M_DEPS} PRIVATE ${M_LIBS})
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${POSTERN_UNITY})
    if(M_NO_UNITY)
      set_source_files_properties(${M_NO_UNITY} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE postern_settings ${M_DEPS} ${M_LIBS})
  endif()
  if(M_TESTS)
    postern_test(${name} SOURCES ${M_TESTS} DEPS ${M_TEST_DEPS} LIBS ${target} ${M_TEST_LIBS})
  endif()
endfunction()

# postern_test(NAME SOURCES ... LIBS targets ... DEPS targets ...): a gtest program and its ctest entry.
function(postern_test name)
  cmake_parse_arguments(T "" "" "SOURCES;LIBS;DEPS" ${ARGN})
  foreach(source IN LISTS T_SOURCES)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      message(WARNING "${name}: ${source} is listed and not there")
      list(REMOVE_ITEM T_SOURCES ${source})
    endif()
  endforeach()
  if(NOT T_SOURCES)
    return()
  endif()
  add_executable(${name}_test ${T_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${T_LIBS} ${T_DEPS} postern_settings GTest::gmock GTest::gtest GTest::gtest_main)
  # Tests are compiled once and run once: optimising them costs more than it gives.
  target_compile_options(${name}_test PRIVATE -O0)
  set_target_properties(${name}_test PROPERTIES UNITY_BUILD ${POSTERN_UNITY})
  add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
