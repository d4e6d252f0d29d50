using System.Runtime.InteropServices;

namespace Gemma.Benchmarks.Peers;

/// <summary>What the processor is called, and which of the instructions it has that matrix kernels are chosen by.</summary>
internal static class ProcessorName
{
    private const string ProcessorFile = "/proc/cpuinfo";

    private static readonly string[] Instructions = ["avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm", "sve"];

    public static string Read()
    {
        if (!File.Exists(ProcessorFile)) return RuntimeInformation.ProcessArchitecture.ToString();
        var lines = File.ReadAllLines(ProcessorFile);
        var flags = Value("flags") ?? Value("Features") ?? string.Empty;
        return $"{Value("model name") ?? "processor"} ({string.Join(", ", Instructions.Where(flags.Split(' ').Contains))})";

        string? Value(string key) => Array.Find(lines, line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim();
    }
}
