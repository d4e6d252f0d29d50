using System.CommandLine;
using Gemma.Fuzz.Targets;

namespace Gemma.Fuzz;

/// <summary><c>run</c>: mutates what each reader takes; every outcome must be a result or a documented exception, in time and in memory.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var targets = new Option<string[]>("--target") { Description = "What to attack; default: everything.", AllowMultipleArgumentsPerToken = true };
        var cases = new Option<int>("--cases") { Description = "Cases per target.", DefaultValueFactory = _ => 100_000 };
        var from = new Option<int>("--from") { Description = "The first case, to repeat one.", DefaultValueFactory = _ => 0 };
        var seed = new Option<int>("--seed") { Description = "Makes other cases.", DefaultValueFactory = _ => 1 };
        var output = new Option<string>("--output")
        {
            Description = "Where failing inputs are kept.",
            DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "gemma-fuzz"),
        };
        var command = new Command("run", "Mutates files, schemas, tool texts, templates and requests.") { targets, cases, from, seed, output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var work = new WorkFolder();
            var chosen = parsed.GetValue(targets) ?? [];
            var all = await FuzzTargets.CreateAsync(work, cancellationToken);
            foreach (var name in chosen.Where(name => all.All(target => target.Name != name)))
                throw new ArgumentException($"There is no target '{name}'; there are {string.Join(", ", all.Select(target => target.Name))}.");
            var runner = new FuzzRunner(parsed.GetRequiredValue(output), parsed.GetValue(seed));
            var failures = 0L;
            foreach (var target in all.Where(target => chosen.Length == 0 || chosen.Contains(target.Name)))
                failures += await runner.RunAsync(target, parsed.GetValue(from), parsed.GetValue(cases), cancellationToken);
            Console.WriteLine(failures == 0
                ? "Every outcome was a documented one."
                : $"{failures} outcomes were not documented; the inputs are in {parsed.GetRequiredValue(output)}.");
            return failures == 0 ? 0 : 1;
        });
        return command;
    }
}
