# From AWS's service models to one static library per service (DESIGN.md section 5).

include_guard(GLOBAL)

find_program(POSTERN_PYTHON NAMES python3 REQUIRED)

set(POSTERN_AWSGEN ${CMAKE_SOURCE_DIR}/tools/awsgen)
set(POSTERN_AWSGEN_SELECTION ${CMAKE_SOURCE_DIR}/models/selection.toml)
set(POSTERN_AWSGEN_OVERLAY ${CMAKE_SOURCE_DIR}/models/overlay)
set(POSTERN_GEN_DIR ${CMAKE_BINARY_DIR}/gen)

if(NOT EXISTS ${POSTERN_AWS_MODELS}/sts)
  message(FATAL_ERROR "no AWS service models in ${POSTERN_AWS_MODELS}: install python3-botocore, or set POSTERN_AWS_MODELS "
                      "to the data folder of another botocore")
endif()

# The services of the selection file, read when CMake configures.
function(postern_aws_services out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${POSTERN_AWSGEN_SELECTION})
  execute_process(
    COMMAND ${POSTERN_PYTHON} -B ${POSTERN_AWSGEN}/main.py --selection ${POSTERN_AWSGEN_SELECTION} --list-services
    OUTPUT_VARIABLE services OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" services "${services}")
  set(${out} ${services} PARENT_SCOPE)
endfunction()

# The library postern_aws_<service> with the include root that makes #include "aws/<service>/ops.hpp" work.
function(postern_aws_service service)
  set(dir ${POSTERN_GEN_DIR}/aws/${service})
  list(TRANSFORM POSTERN_AWSGEN_FILES PREPEND ${dir}/ OUTPUT_VARIABLE outputs)
  file(GLOB generator CONFIGURE_DEPENDS ${POSTERN_AWSGEN}/*.py)
  list(FILTER generator EXCLUDE REGEX "_test\\.py$")
  file(GLOB_RECURSE overlays CONFIGURE_DEPENDS ${POSTERN_AWSGEN_OVERLAY}/${service}/*.json)
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${POSTERN_PYTHON} -B ${POSTERN_AWSGEN}/main.py
            --models ${POSTERN_AWS_MODELS} --overlay ${POSTERN_AWSGEN_OVERLAY} --selection ${POSTERN_AWSGEN_SELECTION}
            --service ${service} --out ${POSTERN_GEN_DIR}/aws --depfile ${dir}/awsgen.d
    DEPENDS ${generator} ${overlays} ${POSTERN_AWSGEN_SELECTION}
    DEPFILE ${dir}/awsgen.d
    COMMENT "awsgen ${service}" VERBATIM)
  postern_module(aws_${service}
    SOURCES ${dir}/types.cpp ${dir}/shapes.cpp ${dir}/server.cpp
    DEPS aws_core)
  target_include_directories(postern_aws_${service} PUBLIC ${POSTERN_GEN_DIR})
endfunction()

set(POSTERN_AWSGEN_FILES fwd.hpp types.hpp types.cpp ops.hpp shapes.cpp server.hpp server.cpp)
