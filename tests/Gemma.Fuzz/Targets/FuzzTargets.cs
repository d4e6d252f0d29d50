namespace Gemma.Fuzz.Targets;

/// <summary>Everything that is attacked.</summary>
internal static class FuzzTargets
{
    public static async Task<IReadOnlyList<FuzzTarget>> CreateAsync(WorkFolder work, CancellationToken cancellationToken) =>
        [.. CheckpointTargets.Create(work), .. await PackageTargets.CreateAsync(work, cancellationToken), .. TextTargets.Create()];
}
