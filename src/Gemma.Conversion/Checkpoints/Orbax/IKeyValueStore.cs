using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>Values by key, as Orbax stores arrays: a folder of files, or one OCDBT database.</summary>
internal interface IKeyValueStore
{
    /// <summary>The keys, with forward slashes.</summary>
    IEnumerable<string> Keys { get; }

    /// <summary>A value, or null.</summary>
    ByteSource? Find(string key);
}
