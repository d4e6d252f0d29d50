using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;

namespace Gemma.Benchmarks.Peers;

/// <summary>Packages and a GGUF file of one shape's random weights.</summary>
internal sealed class ShapeFiles(string shape, string folder)
{
    public string Shape => shape;

    public async Task<string> PackageAsync(PackageForm form, CancellationToken cancellationToken)
    {
        var package = Path.Combine(Directory.CreateDirectory(folder).FullName, $"{shape}-{form.Name}");
        if (Directory.Exists(package)) return package;
        using var random = RandomCheckpoint.Create(shape);
        await new CheckpointConverter().ConvertTensorsAsync(random, random.Config, package, form.Options, null, cancellationToken);
        return package;
    }

    public async Task<string> GgufAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(Directory.CreateDirectory(folder).FullName, $"{shape}-q4_0.gguf");
        if (File.Exists(file)) return file;
        await Contestant.OfProject("writer", "tests/Gemma.Peers", $"gguf {shape} \"{file}.part\"").RunAsync(cancellationToken);
        File.Move(file + ".part", file);
        return file;
    }

    public void Delete()
    {
        if (!Directory.Exists(folder)) return;
        foreach (var package in Directory.EnumerateDirectories(folder, $"{shape}-*")) Directory.Delete(package, recursive: true);
        foreach (var file in Directory.EnumerateFiles(folder, $"{shape}-*")) File.Delete(file);
    }
}
