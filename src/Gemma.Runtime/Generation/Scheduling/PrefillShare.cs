namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// Divides the engine's time between prompts and answers. Each waiting prompt gets what each generating request gets, at least a quarter together: so
/// a long prompt slows the others down as one more request does, not more.
/// </summary>
internal sealed class PrefillShare
{
    private const double MostDecodePerPrefill = 3;
    private double _owed;

    /// <summary>Whether it is the prompts' turn.</summary>
    public bool IsDue(int generating) => generating == 0 || _owed <= 0;

    public void AfterPrefill(TimeSpan elapsed, int prompts, int generating) =>
        _owed = elapsed.TotalSeconds * Math.Min(MostDecodePerPrefill, (double)generating / Math.Max(1, prompts));

    public void AfterDecode(TimeSpan elapsed) => _owed -= elapsed.TotalSeconds;
}
