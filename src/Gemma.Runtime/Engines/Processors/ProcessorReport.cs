using System.Globalization;

namespace Gemma.Runtime.Engines.Processors;

/// <summary>The processors of this machine, what this process may use of them, and how many threads follow from that.</summary>
/// <param name="Topology">Processors and cores within the process's affinity.</param>
/// <param name="Quota">Processor time that a container may use, in cores; null without a limit.</param>
/// <param name="Limit">.NET's processor count, which also knows the limits of Windows' jobs and <c>DOTNET_PROCESSOR_COUNT</c>.</param>
/// <param name="Pressure">How much others contend for the processors (<see cref="CpuPressure"/>).</param>
/// <param name="SiblingGain">Measured on a virtual machine that shows siblings (<see cref="SiblingProbe"/>), otherwise null.</param>
internal sealed record ProcessorReport(ProcessorTopology Topology, double? Quota, int Limit, double Pressure, double? SiblingGain)
{
    // A quota is a matter of milliseconds in a tenth of a second: a rest below this is not worth a thread that waits for it.
    private const double QuotaSlack = 0.2;

    // From this share of waiting on, spinning costs more than it brings.
    private const double SharedPressure = 0.25;

    private static readonly TimeSpan PressureProbe = TimeSpan.FromMilliseconds(100);

    private static readonly Lazy<ProcessorReport> Machine = new(Read);

    /// <summary>As found when it was first asked for.</summary>
    public static ProcessorReport Current => Machine.Value;

    /// <summary>Threads of one pass, and of conversions: one per physical core (of the faster kind), no more than the quota feeds.</summary>
    public int Threads => Math.Max(1, Math.Min(Math.Min(Wanted, Limit), ByQuota));

    /// <summary>Where <see cref="Threads"/> comes from, for people.</summary>
    public string Reason =>
        ByQuota < Wanted && ByQuota <= Limit ? string.Create(CultureInfo.InvariantCulture, $"the container's quota of {Quota:0.##} cores")
        : Limit < Wanted ? ".NET's processor count, by a job's limit or DOTNET_PROCESSOR_COUNT"
        : SiblingsCount
            ? string.Create(CultureInfo.InvariantCulture, $"one per logical processor: on this virtual machine siblings bring {SiblingGain:0.0} times the work")
        : Topology.FastCores < Topology.Cores ? "one per performance core"
        : "one per physical core";

    /// <summary>
    /// Whether so many threads may spin: who spins spends a quota on nothing, and keeps others from the processors, his own threads too where they outnumber
    /// them.
    /// </summary>
    public bool AllowsSpinning(int threads) => threads > 1 && threads <= Topology.Logical && !(Quota < Topology.Logical) && Pressure < SharedPressure;

    private bool SiblingsCount => SiblingGain >= SiblingProbe.WorthThreads;

    private int Wanted => SiblingsCount ? Topology.FastLogical : Topology.FastCores;

    private int ByQuota => Quota is { } quota ? (int)Math.Max(1, Math.Ceiling(quota - QuotaSlack)) : int.MaxValue;

    /// <summary>Looks at the machine.</summary>
    public static ProcessorReport Read()
    {
        var topology = ProcessorTopology.Read();
        var isLinux = OperatingSystem.IsLinux();
        double? gain = topology.HasSiblings && SiblingProbe.IsVirtual ? SiblingProbe.Measure(topology.FastCores, topology.FastLogical) : null;
        return new ProcessorReport(topology, isLinux ? CpuQuota.Read("/") : null, Environment.ProcessorCount, isLinux ? ReadPressure("/") : 0, gain);
    }

    // The last seconds may have been another process's, which has ended, or this one's own: what counts is whether anybody waits now.
    private static double ReadPressure(string root)
    {
        var pressure = CpuPressure.Read(root);
        return pressure < SharedPressure ? pressure : Math.Min(pressure, CpuPressure.During(root, static () => Thread.Sleep(PressureProbe)));
    }
}
