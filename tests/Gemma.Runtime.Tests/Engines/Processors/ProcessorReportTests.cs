using Gemma.Runtime.Engines.Processors;

namespace Gemma.Runtime.Tests.Engines.Processors;

/// <summary>How many threads follow from a machine.</summary>
public sealed class ProcessorReportTests
{
    // Logical processors, cores, performance processors, performance cores; quota, .NET's count, gain of siblings.
    [Theory]
    [InlineData(2, 2, 2, 2, null, 2, null, 2, "physical core")]
    [InlineData(2, 1, 2, 1, null, 2, null, 1, "physical core")]
    [InlineData(2, 1, 2, 1, null, 2, 1.9, 2, "siblings")]
    [InlineData(2, 1, 2, 1, null, 2, 1.05, 1, "physical core")]
    [InlineData(16, 8, 16, 8, null, 16, null, 8, "physical core")]
    [InlineData(20, 14, 12, 6, null, 20, null, 6, "performance core")]
    [InlineData(16, 8, 16, 8, 2.5, 3, null, 3, "quota of 2.5")]
    [InlineData(16, 8, 16, 8, 4.1, 5, null, 4, "quota")]
    [InlineData(2, 2, 2, 2, 1.0, 1, null, 1, "quota of 1")]
    [InlineData(2, 2, 2, 2, 0.25, 1, null, 1, "quota of 0.25")]
    [InlineData(16, 8, 16, 8, null, 3, null, 3, "DOTNET_PROCESSOR_COUNT")]
    public void Threads_Machine_AreWhatItFeeds(int logical, int cores, int fastLogical, int fastCores, double? quota, int limit, double? gain, int threads,
        string reason)
    {
        var report = new ProcessorReport(new ProcessorTopology(logical, cores, fastLogical, fastCores), quota, limit, 0, gain);
        Assert.Equal(threads, report.Threads);
        Assert.Contains(reason, report.Reason, StringComparison.Ordinal);
    }

    // Of two processors.
    [Theory]
    [InlineData(2, null, 0.0, true)]
    [InlineData(2, 4.0, 0.0, true)]
    [InlineData(2, 1.5, 0.0, false)]
    [InlineData(2, null, 0.6, false)]
    [InlineData(1, null, 0.0, false)]
    [InlineData(3, null, 0.0, false)]
    public void AllowsSpinning_QuotaPressureOrTooManyThreads_IsFalse(int threads, double? quota, double pressure, bool expected) =>
        Assert.Equal(expected, new ProcessorReport(ProcessorTopology.Uniform(2), quota, 2, pressure, null).AllowsSpinning(threads));

    [Fact]
    public void Pressure_TenSeconds_IsAShare()
    {
        using var system = new SystemFolder();
        Assert.Equal(0, CpuPressure.Read(system.Root));
        system.Write("proc/pressure/cpu", "some avg10=98.64 avg60=80.83 avg300=42.99 total=245639299\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0");
        Assert.Equal(0.9864, CpuPressure.Read(system.Root), 6);
    }

    [Fact]
    public void PressureDuring_WaitOfAllTheTime_IsItsShare()
    {
        using var system = new SystemFolder();
        Assert.Equal(0, CpuPressure.During(system.Root, static () => Thread.Sleep(1)));
        system.Write("proc/pressure/cpu", "some avg10=98.64 avg60=80.83 avg300=42.99 total=1000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0");
        Assert.Equal(0, CpuPressure.During(system.Root, static () => Thread.Sleep(1)));
        var share = CpuPressure.During(system.Root, () =>
        {
            Thread.Sleep(20);
            system.Write("proc/pressure/cpu", "some avg10=98.64 avg60=80.83 avg300=42.99 total=1010000");
        });
        Assert.InRange(share, 0.001, 0.5);
    }

    [Fact]
    public void Read_ThisMachine_FindsProcessors()
    {
        var topology = ProcessorTopology.Read();
        Assert.InRange(topology.FastCores, 1, topology.Cores);
        Assert.InRange(topology.Cores, 1, topology.Logical);
    }

    [Fact]
    public void Measure_AsManyThreadsAsBefore_IsAboutOne() => Assert.InRange(SiblingProbe.Measure(1, 1), 0.3, 1.9);
}
