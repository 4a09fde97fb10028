#!/bin/sh
# Compiles our own crates with the counters that libFuzzer is led by. For RUSTC_WORKSPACE_WRAPPER, so that what others wrote is
# compiled as always, and not again.
compiler=$1
shift
case " $* " in
  *" --crate-name build_script_"* | *" --crate-type proc-macro "*) exec "$compiler" "$@" ;;
esac
exec "$compiler" "$@" --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares
