namespace Gemma.Runtime.Generation.Constraints.Patterns;

/// <summary>
/// The patterns that .NET's own schemas have, in a form that only admits what .NET reads back: hours up to 23, parts of a version that fit 32 bits.
/// </summary>
internal static class NetPatterns
{
    private const string TimeSpan = @"^-?(\d+\.)?\d{2}:\d{2}:\d{2}(\.\d{1,7})?$";
    private const string Version = @"^\d+(\.\d+){1,3}$";

    /// <summary>The narrower pattern, or the pattern itself if it is another one.</summary>
    public static string Narrow(string pattern) => pattern switch
    {
        TimeSpan => @"^-?([1-9]\d{0,6}\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?$",
        Version => @"^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){1,3}$",
        _ => pattern,
    };
}
