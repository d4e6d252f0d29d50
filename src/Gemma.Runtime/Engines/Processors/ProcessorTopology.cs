namespace Gemma.Runtime.Engines.Processors;

/// <summary>
/// The processors that this process may use, its affinity considered. Several logical processors ("siblings") may share one core, and cores may be of two
/// kinds.
/// </summary>
/// <param name="Logical">Logical processors.</param>
/// <param name="Cores">The cores that they belong to.</param>
/// <param name="FastLogical">Logical processors of performance cores; all where there is one kind.</param>
/// <param name="FastCores">Performance cores; all where there is one kind.</param>
internal sealed record ProcessorTopology(int Logical, int Cores, int FastLogical, int FastCores)
{
    /// <summary>Whether logical processors share cores.</summary>
    public bool HasSiblings => FastLogical > FastCores;

    /// <summary>Asks the operating system; where it does not say, every logical processor counts as a core.</summary>
    public static ProcessorTopology Read()
    {
        var topology = OperatingSystem.IsLinux() ? LinuxTopology.Read("/")
            : OperatingSystem.IsWindows() ? WindowsTopology.Read()
            : OperatingSystem.IsMacOS() ? MacTopology.Read()
            : null;
        return topology ?? Uniform(Environment.ProcessorCount);
    }

    /// <summary>So many cores without siblings.</summary>
    public static ProcessorTopology Uniform(int cores) => new(cores, cores, cores, cores);

    /// <summary>Counts processors by the core they belong to and by its kind.</summary>
    public static ProcessorTopology? Count<TCore>(IReadOnlyCollection<(TCore Core, bool Fast)> processors)
    {
        if (processors.Count == 0) return null;
        var fast = processors.Where(processor => processor.Fast).ToArray();
        if (fast.Length == 0) fast = [.. processors];
        return new ProcessorTopology(processors.Count, processors.DistinctBy(processor => processor.Core).Count(), fast.Length,
            fast.DistinctBy(processor => processor.Core).Count());
    }
}
