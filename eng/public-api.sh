#!/usr/bin/env bash
# Adds new public members to PublicAPI.Unshipped.txt and drops lines of members that are gone. Run it after changing a public surface.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build --verbosity quiet > /dev/null || true
for project in Gemma.Tokenization Gemma.Runtime Gemma.Conversion Gemma.SemanticKernel Gemma.Server Gemma.Router Gemma.Jobs Gemma.Jobs.Cluster; do
  printf '#nullable enable\n' > "src/$project/PublicAPI.Unshipped.txt"
  dotnet format analyzers "src/$project/$project.csproj" --diagnostics RS0016 --severity warn --no-restore > /dev/null
  { echo '#nullable enable'; grep -v '^#nullable enable' "src/$project/PublicAPI.Unshipped.txt" | LC_ALL=C sort -u; } > "src/$project/PublicAPI.Unshipped.tmp"
  mv "src/$project/PublicAPI.Unshipped.tmp" "src/$project/PublicAPI.Unshipped.txt"
done
