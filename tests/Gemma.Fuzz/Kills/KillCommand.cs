using System.CommandLine;

namespace Gemma.Fuzz.Kills;

/// <summary><c>kill</c>: ends writing commands with SIGKILL at any moment; what they leave must be absent, old or whole, and gone after the next run.</summary>
internal static class KillCommand
{
    // How often a run may finish, so that what the killed ones left must be gone.
    private const int KillsPerFinish = 10;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Kills per command.", DefaultValueFactory = _ => 500 };
        var seed = new Option<int>("--seed") { Description = "Makes other moments.", DefaultValueFactory = _ => 1 };
        var command = new Command("kill", "Kills converting and packing at random moments.") { count, seed };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var broken = 0;
            foreach (var victim in Victim.All) broken += await RunAsync(victim, parsed.GetValue(count), new Random(parsed.GetValue(seed)), cancellationToken);
            return broken == 0 ? 0 : 1;
        });
        return command;
    }

    private static async Task<int> RunAsync(Victim victim, int count, Random random, CancellationToken cancellationToken)
    {
        using var place = new KillPlace(victim);
        var duration = await place.FinishAsync(cancellationToken);
        var (absent, whole, finished) = (0, 0, 0);
        List<string> broken = [];
        for (var kill = 0; kill < count; kill++)
        {
            place.Reset();

            // Half of the kills fall where names change.
            if (!await place.KillAsync(random.Next(2) == 0
                ? duration * random.NextDouble()
                : null, TimeSpan.FromMilliseconds(random.NextDouble() * 20), cancellationToken)) finished++;
            var problem = await place.InspectAsync(cancellationToken);
            if (problem is not null) broken.Add($"kill {kill}: {problem}");
            else if (place.IsAbsent) absent++;
            else whole++;
            if (kill % KillsPerFinish != KillsPerFinish - 1) continue;
            await place.FinishAsync(cancellationToken);
            if ((await place.InspectAsync(cancellationToken) ?? place.FindLeftover()) is { } leftover) broken.Add($"after kill {kill}: {leftover}");
        }

        foreach (var problem in broken.Take(20)) Console.WriteLine($"  {victim.Name} {problem}");
        Console.WriteLine($"{victim.Name}: {count} kills ({finished} came too late), {absent} absent, {whole} whole, {broken.Count} broken or left behind");
        return broken.Count;
    }
}
