#!/usr/bin/env bash
# Runs on a machine with an NVIDIA GPU, in the folder that eng/gpu/publish.sh made: preflight of the libraries, conformance on CUDA through both engines, speed and memory.
# Writes one JSON report; docs/gpu.md explains it. Exit code 0; 1 a part failed; 3 the preflight refused, and nothing was run.
# Usage: run.sh [REPORT]   (default: gpu-report.json)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
report=${1:-gpu-report.json}
gemma=${GEMMA:-$here/Gemma.Cli/gemma}
tests=${GEMMA_TESTS:-$here/Gemma.Runtime.Tests/Gemma.Runtime.Tests}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

text() { printf '%s' "$1" | tr '\n\r\t' '   ' | sed 's/\\/\\\\/g; s/"/\\"/g; s/[[:cntrl:]]//g'; }
write() { printf '%s\n' "$1" > "$report.tmp" && mv "$report.tmp" "$report"; }
refuse() {
  write "{\"schema\": 1, \"preflight\": {\"ok\": false, \"problem\": \"$(text "$1")\"}, \"devices\": ${devices:-null}}"
  echo "error: $1" >&2
  exit 3
}

# Preflight: everything that is missing is said before anything is loaded onto the GPU.
[ -x "$gemma" ] || refuse "$gemma is missing; run eng/gpu/publish.sh and copy all of its folder."
devices=$("$gemma" info --devices --json 2> "$work/error") || { devices=null; refuse "gemma info --devices failed: $(cat "$work/error")"; }
command -v nvidia-smi > /dev/null || refuse "nvidia-smi is not there, so this machine has no NVIDIA driver."
gpu=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>&1) || refuse "nvidia-smi finds no GPU: $gpu"
package=$here/model
if [ ! -f "$package/genai_config.json" ]; then
  "$gemma" convert "$package" --output "$work/package" --target cuda 2> "$work/error" || refuse "the model could not be converted: $(tail -1 "$work/error")"
  package=$work/package
fi
for engine in genai onnxruntime; do
  answer=$("$gemma" run "$package" "Hello!" --device cuda --engine $engine --max-new-tokens 4 < /dev/null 2> "$work/error") || refuse "$engine does not run on CUDA: $(tail -1 "$work/error")"
done

# Conformance: each engine's suite, on CUDA.
failed=0
conformance=""
for suite in GenAI OnnxRuntime; do
  GEMMA_TEST_DEVICE=cuda "$tests" -class "Gemma.Runtime.Tests.Engines.$suite.${suite}ConformanceTests" > "$work/$suite.txt" 2>&1
  status=$?
  [ $status -eq 0 ] || failed=1
  conformance="$conformance${conformance:+, }\"$suite\": {\"ok\": $([ $status -eq 0 ] && echo true || echo false), \"summary\": \"$(text "$(tail -3 "$work/$suite.txt")")\"}"
done

# Speed, and the most memory that the GPU held meanwhile.
bench=""
for engine in genai onnxruntime; do
  nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -lms 200 > "$work/memory.txt" 2> /dev/null &
  watcher=$!
  result=$("$gemma" bench "$package" --device cuda --engine $engine --json 2> "$work/error") || { result="{\"error\": \"$(text "$(tail -1 "$work/error")")\"}"; failed=1; }
  kill $watcher 2> /dev/null
  wait $watcher 2> /dev/null
  peak=$(sort -n "$work/memory.txt" | tail -1)
  bench="$bench${bench:+, }\"$engine\": {\"gpu_memory_mib\": ${peak:-null}, \"result\": $result}"
done

write "{\"schema\": 1, \"preflight\": {\"ok\": true}, \"gpu\": \"$(text "$gpu")\", \"devices\": $devices, \"conformance\": {$conformance}, \"bench\": {$bench}}"
echo "Wrote $report."
exit $failed
