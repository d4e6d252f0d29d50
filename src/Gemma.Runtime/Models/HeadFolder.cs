using System.Text.Json;
using Gemma.Json;

namespace Gemma.Runtime.Models;

/// <summary>
/// Reads and writes <c>heads/&lt;name&gt;/</c>: <c>head.json</c> with kind ("sequence" or "token"), labels, problem type, pooling, padding id and width, and
/// <c>score.safetensors</c> with the weights in float32.
/// </summary>
internal static class HeadFolder
{
    public const string FolderName = "heads";
    private const string DescriptionFile = "head.json";
    private const string WeightsFile = "score.safetensors";
    private const string Pooling = "last_token";
    private const int MaxNameLength = 64;

    /// <summary>Whether a name can be a head's: letters, digits, '.', '-' and '_', not beginning with '.'.</summary>
    public static bool IsValidName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>Writes a head into a package.</summary>
    public static void Write(string package, ClassificationHead head)
    {
        var folder = Path.Combine(package, FolderName, head.Name);
        Directory.CreateDirectory(folder);
        ScoreFile.Write(Path.Combine(folder, WeightsFile), head.Labels.Count, head.HiddenSize, head.Weight, head.Bias);
        using var stream = File.Create(Path.Combine(folder, DescriptionFile));
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteString("kind", head.Kind == ClassificationHeadKind.Token ? "token" : "sequence");
        json.WriteStartArray("labels");
        foreach (var label in head.Labels) json.WriteStringValue(label);
        json.WriteEndArray();
        json.WriteString("problem_type", ClassificationProblems.Name(head.ProblemType));
        if (head.Kind == ClassificationHeadKind.Sequence) json.WriteString("pooling", Pooling);
        if (head.PadTokenId is { } pad) json.WriteNumber("pad_token_id", pad);
        else json.WriteNull("pad_token_id");
        json.WriteNumber("hidden_size", head.HiddenSize);
        json.WriteEndObject();
    }

    /// <summary>Reads and checks a head.</summary>
    /// <param name="package">The package.</param>
    /// <param name="name">The head's name from the manifest.</param>
    /// <param name="hiddenSize">The backbone's width.</param>
    /// <exception cref="InvalidModelException">The head is missing, malformed, or belongs to another backbone.</exception>
    public static ClassificationHead Read(string package, string name, int hiddenSize)
    {
        if (!IsValidName(name)) throw new InvalidModelException(Path.Combine(package, PackageManifest.FileName), "heads", $"'{name}' is not a head's name");
        var folder = Path.Combine(package, FolderName, name);
        var path = Path.Combine(folder, DescriptionFile);
        using var document = JsonSection.Load(path);
        var root = JsonSection.Root(path, document);
        if (root.Int("schema", null, 1, int.MaxValue) != 1) throw root.Error("schema", "the version is newer than this library; update it or convert again");
        var kind = root.Text("kind") switch
        {
            "sequence" => ClassificationHeadKind.Sequence,
            "token" => ClassificationHeadKind.Token,
            var other => throw root.Error("kind", $"'{other}' is neither 'sequence' nor 'token'"),
        };
        if (kind == ClassificationHeadKind.Sequence && root.Text("pooling") is not (null or Pooling))
            throw root.Error("pooling", $"'{root.Text("pooling")}' is not supported; '{Pooling}' is");
        var labels = root.Texts("labels");
        ClassificationLabels.Check(labels, problem => root.Error("labels", problem));
        var width = root.Int("hidden_size", null, 1, 1 << 20);
        if (width != hiddenSize)
            throw root.Error("hidden_size", $"the head was trained on hidden states of {width} elements, but the package's backbone has {hiddenSize}");
        var (weight, bias) = ScoreFile.Read(Path.Combine(folder, WeightsFile), labels.Count, width,
            "the labels in head.json do not match the head's rows");
        return new ClassificationHead(weight, bias)
        {
            Name = name,
            Kind = kind,
            Labels = labels,
            ProblemType = ClassificationProblems.Parse(root, "problem_type"),
            PadTokenId = root.Has("pad_token_id") ? root.Int("pad_token_id", null, 0, 1 << 24) : null,
            HiddenSize = width,
        };
    }
}
