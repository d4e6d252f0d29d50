using System.CommandLine;
using Gemma.Cli.Hub;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion.Hub;
using Gemma.Conversion.Packaging;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma remove</c>: deletes models and packages that <c>gemma list</c> shows.</summary>
internal static class RemoveCommand
{
    public static Command Create(CommandConsole console)
    {
        var names = new Argument<string[]>("NAME")
        {
            Description = "A model, with @REVISION if only that one, or a package; as 'gemma list' shows them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("remove", "Deletes models and packages from this user's caches; other folders are never touched.") { names };
        command.SetAction(parsed =>
        {
            using var hub = new ModelHub();
            foreach (var name in parsed.GetRequiredValue(names)) console.Error.WriteLine($"Removed {name}: {ByteText.Of(Remove(hub, name))}.");
        });
        return command;
    }

    private static long Remove(ModelHub hub, string name)
    {
        if (ModelPlaces.Packages().FirstOrDefault(folder => Path.GetFileName(folder) == name) is not { } package) return hub.Remove(HubModelName.Parse(name));
        var bytes = Directory.EnumerateFiles(package, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

        // Under another name first: nobody finds half a package.
        var doomed = Path.Combine(PackageCache.DefaultFolder, $".removed-{Guid.NewGuid():N}");
        Directory.Move(package, doomed);
        Directory.Delete(doomed, recursive: true);
        File.Delete(package + ".lock");
        return bytes;
    }
}
