using System.CommandLine;
using Gemma.Cli.Hub;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion.Hub;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma list</c>: the models and packages that this user's caches hold.</summary>
internal static class ListCommand
{
    public static Command Create(CommandConsole console)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON Lines." };
        var command = new Command("list", "Shows the models that were pulled and the packages that were made of them.") { json };
        command.SetAction(parsed =>
        {
            using var hub = new ModelHub();
            var snapshots = hub.List();
            var packages = ModelPlaces.Packages()
                .Select(folder =>
                    (Folder: folder, Name: Path.GetFileName(folder),
                        Bytes: Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length))).ToArray();
            if (parsed.GetValue(json))
            {
                foreach (var snapshot in snapshots)
                {
                    JsonLines.Write(console.Output, writer =>
                    {
                        writer.WriteString("kind", "model");
                        SnapshotOutput.Write(writer, snapshot);
                    });
                }

                foreach (var (folder, name, bytes) in packages)
                {
                    JsonLines.Write(console.Output, writer =>
                    {
                        writer.WriteString("kind", "package");
                        writer.WriteString("package", name);
                        writer.WriteString("precision", Precision(folder));
                        writer.WriteNumber("bytes", bytes);
                        writer.WriteString("path", folder);
                    });
                }

                return;
            }

            string[][] rows =
            [
                .. snapshots.Select(snapshot =>
                    (string[])[snapshot.Repository, snapshot.Revisions.Count > 0
                        ? string.Join(", ", snapshot.Revisions)
                        : snapshot.Commit[..8], snapshot.IsComplete ? "model" : "model, incomplete", ByteText.Of(snapshot.Bytes)]),
                .. packages.Select(package => (string[])[package.Name, Precision(package.Folder), "package", ByteText.Of(package.Bytes)]),
            ];
            if (rows.Length == 0) console.Error.WriteLine("Nothing yet: 'gemma pull google/gemma-2b-it' loads a model.");
            else TerminalTable.Write(console, ["name", "revision, precision", "kind", "size"], rows);
        });
        return command;
    }

    // One damaged package hides no other.
    private static string Precision(string folder)
    {
        try
        {
            return PackageFolder.ReadManifest(folder)?.Precision ?? string.Empty;
        }
        catch (InvalidModelException)
        {
            return "damaged";
        }
    }
}
