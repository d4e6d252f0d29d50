#!/usr/bin/env bash
# Publishes what a machine with an NVIDIA GPU and no .NET needs: the gemma command, the conformance tests, a model, and the script that runs them.
# Usage: eng/gpu/publish.sh FOLDER [PACKAGE_OR_CHECKPOINT]   (default: the tiny model of samples/models)
# GEMMA_ACCELERATOR=genai publishes with ONNX Runtime GenAI's CPU library, to try the scripts where the CUDA packages cannot be had.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 FOLDER [PACKAGE_OR_CHECKPOINT]" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
target=$(cd "$1" && pwd)
model=${2:-$root/samples/models/tiny-gemma-it}
[ -d "$model" ] || { echo "error: $model is no folder; give a package or a checkpoint." >&2; exit 2; }

cd "$root"
for project in src/Gemma.Cli tests/Gemma.Runtime.Tests; do
  dotnet publish "$project" -c Release -r linux-x64 --self-contained -p:GemmaAccelerator="${GEMMA_ACCELERATOR:-cuda}" -p:PackAsTool=false -o "$target/$(basename "$project")"
done

# The tests look for their data where the repository has it.
touch "$target/Gemma.SemanticKernel.sln"
cp -r --parents samples/models tests/Shared tests/Gemma.Runtime.Tests/Engines/Goldens tests/Gemma.Conversion.Tests/Goldens "$target"
cp -rL "$model" "$target/model"
cp eng/gpu/run.sh "$target/run.sh"
chmod +x "$target/run.sh"
echo "Copy $target to the machine with the GPU and run ./run.sh there."
