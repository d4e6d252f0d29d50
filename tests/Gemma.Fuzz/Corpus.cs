namespace Gemma.Fuzz;

/// <summary>Inputs that once had an outcome that was not allowed, in <c>Corpus/TARGET/</c>: every run begins with them.</summary>
internal static class Corpus
{
    public static IReadOnlyList<byte[]> Of(string target)
    {
        var folder = Path.Combine(WorkFolder.Repository, "tests", "Gemma.Fuzz", "Corpus", target);
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];
    }
}
