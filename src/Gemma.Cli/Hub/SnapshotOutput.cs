using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion.Hub;

namespace Gemma.Cli.Hub;

/// <summary>Prints what the cache holds, and plans.</summary>
internal static class SnapshotOutput
{
    private const int ShownCommit = 8;

    public static void Write(CommandConsole console, IReadOnlyList<HubSnapshot> snapshots, bool json)
    {
        if (json)
        {
            foreach (var snapshot in snapshots) JsonLines.Write(console.Output, writer => Write(writer, snapshot));
            return;
        }

        TerminalTable.Write(console, ["model", "revision", "commit", "files", "size", string.Empty],
            [.. snapshots.Select(snapshot =>
                (string[])[snapshot.Repository, string.Join(", ", snapshot.Revisions), snapshot.Commit[..ShownCommit], $"{snapshot.Files}",
                    ByteText.Of(snapshot.Bytes), snapshot.IsComplete ? string.Empty : "incomplete"])]);
    }

    public static void Write(Utf8JsonWriter json, HubSnapshot snapshot)
    {
        json.WriteString("model", snapshot.Repository);
        json.WriteString("commit", snapshot.Commit);
        json.WriteStartArray("revisions");
        foreach (var revision in snapshot.Revisions) json.WriteStringValue(revision);
        json.WriteEndArray();
        json.WriteNumber("files", snapshot.Files);
        json.WriteNumber("bytes", snapshot.Bytes);
        json.WriteBoolean("complete", snapshot.IsComplete);
        json.WriteString("path", snapshot.Folder);
    }

    public static void WritePlan(CommandConsole console, HubPlan plan)
    {
        console.Error.WriteLine(
            $"{plan.Name} ({plan.Commit[..ShownCommit]}): {plan.Files.Count} files, {ByteText.Of(plan.Bytes)}; to load: {plan.Missing.Count} "
                + $"files, {ByteText.Of(plan.MissingBytes)}. Licence: {plan.Page}");
    }
}
