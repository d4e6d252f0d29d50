namespace Gemma.Fuzz.Targets;

/// <summary>Everything that is attacked.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> Create(WorkFolder work) => [.. CheckpointTargets.Create(work), .. PackageTargets.Create(work), .. TextTargets.Create()];
}
