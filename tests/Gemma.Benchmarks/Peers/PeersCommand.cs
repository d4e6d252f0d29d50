using System.CommandLine;

namespace Gemma.Benchmarks.Peers;

/// <summary>
/// <c>peers</c>: runs <c>gemma bench</c> and other libraries' benchmarks in turn and prints the ratios of the figures that both report, so that a machine that
/// changes its speed changes all.
/// </summary>
internal static class PeersCommand
{
    public static Command Create()
    {
        var shape = new Option<string?>("--shape") { Description = "Random weights in a shape of 'gemma bench', for all; nothing is downloaded." };
        var package = new Option<string?>("--package") { Description = "Instead: a package for 'gemma bench' and ONNX Runtime GenAI." };
        var gguf = new Option<string?>("--gguf") { Description = "The same weights for LLamaSharp ('Gemma.Peers gguf' writes them)." };
        var forms = new Option<string[]>("--forms")
        {
            Description = $"With --shape: what is compared: {string.Join(", ", PackageForm.All.Select(form => form.Name))}.",
            AllowMultipleArgumentsPerToken = true,
        };
        var genAI = new Option<bool>("--genai") { Description = "Compare ONNX Runtime GenAI's own generator, on the first package, too." };
        var cache = new Option<string>("--cache")
        {
            Description = "With --shape: the folder for packages and GGUF files.",
            DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "gemma-peers"),
        };
        var keep = new Option<bool>("--keep") { Description = "With --shape: keep those files, gigabytes, for the next time." };
        var arguments = new Option<string>("--arguments")
        {
            Description = "What all benchmarks get.",
            DefaultValueFactory = _ => "--prompt-tokens 256 --max-new-tokens 32 --repeat 1",
        };
        var ownThreads = new Option<bool>("--own-threads")
        {
            Description = "Let the others choose their number of threads; default: the one that ours chooses.",
        };
        var ours = new Option<string?>("--ours") { Description = "Instead: a command line that prints a JSON object of figures as its last line." };
        var peer = new Option<string?>("--peer") { Description = "Instead: the other one's." };
        var repeat = new Option<int>("--repeat") { Description = "Runs of each.", DefaultValueFactory = _ => 5 };
        var command = new Command("peers", "Compares benchmarks' figures, run in turn. Build the solution with -c Release before.") { shape, package, gguf,
            forms, genAI, cache, keep, arguments, ownThreads, ours, peer, repeat };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var tail = parsed.GetRequiredValue(arguments);
            List<Contestant> left = [], right = [];
            var files = parsed.GetValue(shape) is { } name ? new ShapeFiles(name, parsed.GetRequiredValue(cache)) : null;
            try
            {
                if (files is not null)
                {
                    var chosen = PackageForm.Of(parsed.GetValue(forms) ?? [], files.Shape);
                    foreach (var form in chosen)
                        left.Add(Contestant.Ours(form.Name, await files.PackageAsync(form, cancellationToken), $"{form.Arguments} {tail}"));
                    right.Add(Contestant.LLamaSharp(await files.GgufAsync(cancellationToken), tail));
                    if (parsed.GetValue(genAI)) right.Add(Contestant.GenAI(await files.PackageAsync(chosen[0], cancellationToken), tail));
                }
                else
                {
                    if (parsed.GetValue(ours) is { } line) left.Add(new Contestant("ours", line));
                    else if (parsed.GetValue(package) is { } folder) left.Add(Contestant.Ours("ours", folder, $"--parts single batch {tail}"));
                    if (parsed.GetValue(peer) is { } other) right.Add(new Contestant("peer", other));
                    if (parsed.GetValue(gguf) is { } file) right.Add(Contestant.LLamaSharp(file, tail));
                    if (parsed.GetValue(genAI) && parsed.GetValue(package) is { } shared) right.Add(Contestant.GenAI(shared, tail));
                }

                if (left.Count == 0 || right.Count == 0) throw new ArgumentException("Give --shape, or --package or --ours and --gguf, --genai or --peer.");
                await new PeerMatch(left, right, parsed.GetValue(ownThreads)).RunAsync(parsed.GetValue(repeat), cancellationToken);
            }
            finally
            {
                if (!parsed.GetValue(keep)) files?.Delete();
            }
        });
        return command;
    }
}
