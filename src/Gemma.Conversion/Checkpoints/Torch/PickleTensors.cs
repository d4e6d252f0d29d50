using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>Finds the tensors in a pickled value; names are the keys on the way, joined with '/'.</summary>
internal static class PickleTensors
{
    private const int MaxDepth = 64;
    private const int MaxValues = 1 << 20;

    /// <exception cref="InvalidModelException">The value is no dictionary, or it is too large or a circle.</exception>
    public static Dictionary<string, PickleTensor> Find(CheckpointFile file, object? root)
    {
        if (root is not PickleDictionary) throw file.Error(null, "the file holds no dictionary of tensors; save a state_dict");
        Dictionary<string, PickleTensor> tensors = new(StringComparer.Ordinal);
        Stack<(string Name, object? Value, int Depth)> left = new([(string.Empty, root, 0)]);
        for (var seen = 0; left.TryPop(out var entry); seen++)
        {
            if (seen > MaxValues || entry.Depth > MaxDepth) throw file.Error(null, "the values are nested too deeply, in a circle, or too many");
            switch (entry.Value)
            {
                case PickleTensor tensor:
                    if (!tensors.TryAdd(entry.Name, tensor)) throw file.Error(entry.Name, "the name occurs twice");
                    break;
                case PickleDictionary dictionary:
                    foreach (var (key, value) in dictionary.Items) left.Push((Join(entry.Name, key), value, entry.Depth + 1));
                    break;
                case PickleList list:
                    foreach (var (i, value) in list.Items.Index()) left.Push((Join(entry.Name, i), value, entry.Depth + 1));
                    break;
                case PickleTuple tuple:
                    foreach (var (i, value) in tuple.Items.Index()) left.Push((Join(entry.Name, i), value, entry.Depth + 1));
                    break;
            }
        }

        return tensors;
    }

    private static string Join(string name, object key)
    {
        var text = Convert.ToString(key, System.Globalization.CultureInfo.InvariantCulture)!;
        return name.Length == 0 ? text : $"{name}/{text}";
    }
}
