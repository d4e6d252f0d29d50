using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gemma.Conversion.Hub;

/// <summary>A model on the Hugging Face hub: <c>namespace/name</c> or <c>name</c>, and the branch, tag or commit of it.</summary>
public sealed partial record HubModelName
{
    private const string DefaultRevision = "main";
    private const int CommitLength = 40;

    private HubModelName(string repository, string? revision) => (Repository, Revision) = (repository, revision);

    /// <summary>The repository, such as <c>google/gemma-2b-it</c>.</summary>
    public string Repository { get; }

    /// <summary>The branch, tag or commit that was asked for, or null for <c>main</c>.</summary>
    public string? Revision { get; }

    /// <summary>Whether the revision is a commit, which never changes.</summary>
    public bool IsPinned => IsCommit(Revision);

    internal string RevisionOrDefault => Revision ?? DefaultRevision;

    /// <summary>Reads a name.</summary>
    /// <param name="text"><c>namespace/name</c> or <c>name</c>, with <c>@revision</c> if wanted.</param>
    /// <param name="revision">The revision where the text has none, or null.</param>
    /// <exception cref="ArgumentException">The text is not a name, or names another revision.</exception>
    public static HubModelName Parse(string text, string? revision = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var repository = at < 0 ? text : text[..at];
        if (!IsRepository(repository))
        {
            throw new ArgumentException(
                $"'{repository}' is not a model of the hub: give namespace/name, each 1 to 96 letters, digits, '.', '_' and '-', with none of '-' and '.' at "
                    + $"an end, no '--', no '..' and no '.git'.");
        }
        if (at >= 0 && revision is not null && revision != text[(at + 1)..])
            throw new ArgumentException($"'{text}' names a revision, and '{revision}' is another: give one.");
        var asked = at < 0 ? revision : text[(at + 1)..];
        if (asked is not null && !IsRevision(asked)) throw new ArgumentException($"'{asked}' is not a revision: give a branch, a tag or a commit.");
        return new HubModelName(repository, asked);
    }

    /// <summary>Reads a name, or says that it is none.</summary>
    /// <param name="text">The text, as in <see cref="Parse"/>.</param>
    /// <param name="name">The name, or null.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out HubModelName? name)
    {
        name = null;
        if (text is null) return false;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (!IsRepository(at < 0 ? text : text[..at]) || (at >= 0 && !IsRevision(text[(at + 1)..]))) return false;
        name = Parse(text);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Revision is null ? Repository : $"{Repository}@{Revision}";

    internal static bool IsCommit([NotNullWhen(true)] string? text) => text is { Length: CommitLength } && text.All(char.IsAsciiHexDigitLower);

    private static bool IsRepository(string text) =>
        RepositoryPattern.IsMatch(text)
            && !text.Contains("--", StringComparison.Ordinal)
            && !text.Contains("..", StringComparison.Ordinal)
            && !text.EndsWith(".git", StringComparison.Ordinal);

    private static bool IsRevision(string text) => !text.Any(character => character is ' ' or '~' or '^' or '[') && HubPath.IsSafe(text);

    [GeneratedRegex(@"^([A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?/)?[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex RepositoryPattern { get; }
}
