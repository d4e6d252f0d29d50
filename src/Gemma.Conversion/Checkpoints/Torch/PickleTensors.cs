using System.Globalization;
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
        Stack<(string Name, object Value, int Depth)> left = new([(string.Empty, root, 0)]);
        var names = new NestedNames(file);
        var seen = 0;
        while (left.TryPop(out var entry))
        {
            if (entry.Value is PickleTensor tensor)
            {
                if (!tensors.TryAdd(entry.Name, tensor)) throw file.Error(entry.Name, "the name occurs twice");
                continue;
            }

            foreach (var (key, value) in Items(entry.Value))
            {
                if (++seen > MaxValues || entry.Depth == MaxDepth) throw file.Error(null, "the values are nested too deeply, in a circle, or too many");
                if (value is not (PickleTensor or PickleContainer)) continue;
                left.Push((names.Join(entry.Name, Convert.ToString(key, CultureInfo.InvariantCulture)!), value, entry.Depth + 1));
            }
        }

        return tensors;
    }

    private static IEnumerable<(object Key, object? Value)> Items(object container) => container switch
    {
        PickleDictionary dictionary => dictionary.Items.Select(item => (item.Key, item.Value)),
        PickleList list => list.Items.Select((item, i) => ((object)i, item)),
        PickleTuple tuple => tuple.Items.Select((item, i) => ((object)i, item)),
        _ => [],
    };
}
