namespace Gemma.Runtime.Engines.Processors;

/// <summary>How a native library computes a pass.</summary>
/// <param name="Threads">Threads that compute, the caller's included.</param>
/// <param name="Spinning">Whether threads without work spin for <see cref="SpinMicroseconds"/> before they sleep: the next piece of a pass finds them awake, at
/// the cost of processor time.</param>
internal readonly record struct ThreadSettings(int Threads, bool Spinning)
{
    /// <summary>Longer than the gaps inside a pass. ONNX Runtime's own, longer, time is no faster alone, and twice as slow beside others.</summary>
    public const string SpinMicroseconds = "50";

    /// <summary>Takes what was asked for, and chooses what was left open.</summary>
    /// <param name="threads">Threads, or 0.</param>
    /// <param name="spinning">Whether to spin, or null.</param>
    public static ThreadSettings For(int threads, bool? spinning)
    {
        var report = ProcessorReport.Current;
        if (threads <= 0) threads = report.Threads;
        return new ThreadSettings(threads, spinning ?? report.AllowsSpinning(threads));
    }
}
