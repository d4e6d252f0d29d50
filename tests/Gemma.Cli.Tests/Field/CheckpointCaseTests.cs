using System.Text.Json;

namespace Gemma.Cli.Tests.Field;

/// <summary>Every case holds through the command.</summary>
public sealed class CheckpointCaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-case-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(CheckpointCases.All), MemberType = typeof(CheckpointCases))]
    public async Task Commands_Case_GiveTheRightResult(string name)
    {
        var item = CheckpointCases.Find(name);
        CaseFolder.Write(item, Path.Combine(_folder, "case"));
        if (item.TryGetProperty("parts", out var parts))
        {
            foreach (var part in parts.EnumerateObject()) CaseFolder.Write(part.Value, Path.Combine(_folder, "parts", part.Name));
        }

        JsonElement[] ways = item.TryGetProperty("either", out var either) ? [.. either.EnumerateArray()] : [item.GetProperty("commands")];
        List<string> faults = [];
        for (var i = 0; i < ways.Length; i++)
        {
            var output = Directory.CreateDirectory(Path.Combine(_folder, $"out{i}")).FullName;
            if (await FaultAsync(ways[i], output) is not { } fault) return;
            faults.Add(fault);
        }

        Assert.Fail($"{item.GetProperty("title").GetString()}: {string.Join("; or: ", faults)}");
    }

    private async Task<string?> FaultAsync(JsonElement commands, string output)
    {
        var number = 0;
        foreach (var command in commands.EnumerateArray())
        {
            string[] arguments = [.. command.GetProperty("args").EnumerateArray().Select(argument => argument.GetString()!
                .Replace("{case}", Path.Combine(_folder, "case"), StringComparison.Ordinal)
                .Replace("{parts}", Path.Combine(_folder, "parts"), StringComparison.Ordinal)
                .Replace("{out}", output, StringComparison.Ordinal))];
            var lines = command.TryGetProperty("lines", out var given)
                ? string.Concat(given.EnumerateArray()
                    .Select(line => (line.ValueKind == JsonValueKind.String ? line.GetString() : JsonSerializer.Serialize(line)) + "\n"))
                : string.Empty;
            var (exitCode, text, error) = await GemmaCommand.RunAsync(arguments, lines);
            if (new CaseExpectation(exitCode, text, error).FindFault(command.GetProperty("expect")) is { } fault)
                return $"command {number} ({arguments[0]}): {fault}";
            number++;
        }

        return null;
    }
}
