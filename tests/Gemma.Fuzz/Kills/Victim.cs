namespace Gemma.Fuzz.Kills;

/// <summary>A command that writes.</summary>
/// <param name="Name">What it is called in the report.</param>
/// <param name="Arguments">The command line, without the checkpoint and the target.</param>
/// <param name="IsReplacing">Whether a package is at the target before.</param>
internal sealed record Victim(string Name, string[] Arguments, bool IsReplacing)
{
    public static IReadOnlyList<Victim> All { get; } =
    [
        new("convert", ["--precision", "int4"], false),
        new("convert --force", ["--precision", "int4", "--force"], true),
        new("convert --force --prepack", ["--precision", "int4", "--prepack", "--force"], true),
    ];
}
