using Gemma.Conversion.Checkpoints.Flax;
using Gemma.Conversion.Checkpoints.Google;
using Gemma.Conversion.Checkpoints.Orbax;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Checkpoints;

/// <summary>Reads tensors of any container; which names they have is found from the names.</summary>
internal sealed class StoredTensorReader : CheckpointReader
{
    public const string GoogleFormat = "google-ckpt";
    public const string FlaxFormat = "flax";

    // Google's code saves the weights under this key of an outer dictionary.
    private const string StatePrefix = "model_state_dict/";

    private readonly TensorArchive _archive;
    private readonly Dictionary<string, StoredTensor> _stored;
    private readonly Dictionary<string, TensorInfo> _tensors;

    private StoredTensorReader(string path, string format, TensorArchive archive, Dictionary<string, StoredTensor> stored)
    {
        (Path, Format, _archive, _stored) = (path, format, archive, stored);
        _tensors = stored.ToDictionary(pair => pair.Key, pair => new TensorInfo(pair.Key, pair.Value.DataType, pair.Value.Shape), StringComparer.Ordinal);
    }

    public override string Format { get; }

    public override string Path { get; }

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    internal override IReadOnlyList<string> Files => [.. _archive.Paths()];

    /// <summary>Maps a container's tensors to Hugging Face's names; owns the container from then on.</summary>
    /// <param name="path">What was opened, for messages.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="archive">The tensors.</param>
    public static StoredTensorReader Create(string path, string container, TensorArchive archive)
    {
        try
        {
            var state = archive.Tensors.Keys.Any(name => name.StartsWith(StatePrefix, StringComparison.Ordinal))
                ? archive.Tensors.Where(pair => pair.Key.StartsWith(StatePrefix, StringComparison.Ordinal))
                    .ToDictionary(pair => pair.Key[StatePrefix.Length..], pair => pair.Value, StringComparer.Ordinal)
                : archive.Tensors;
            if (GoogleLayout.Matches(state)) return new StoredTensorReader(path, GoogleFormat, archive, GoogleLayout.Map(path, state));
            if (FlaxLayout.Matches(archive)) return new StoredTensorReader(path, FlaxFormat, archive, FlaxLayout.Map(path, archive));
            return new StoredTensorReader(path, container, archive,
                state.ToDictionary(pair => pair.Key, StoredTensor (pair) => pair.Value, StringComparer.Ordinal));
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>Opens a checkpoint of Orbax.</summary>
    /// <param name="path">What was opened, for messages.</param>
    /// <param name="root">The folder with the arrays.</param>
    /// <param name="plan">The model, or null where there is no configuration.</param>
    public static StoredTensorReader OpenOrbax(string path, string root, DecoderPlan? plan)
    {
        var archive = OrbaxCheckpoint.Open(root);
        try
        {
            return new StoredTensorReader(path, "orbax", archive, OrbaxLayout.Map(path, archive.Tensors, plan));
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    public override void ReadRaw(string name, long start, Span<byte> destination) => _stored[name].ReadRaw(start, destination);

    public override void Read(string name, long start, Span<float> destination) => _stored[name].Read(start, destination);

    public override void Verify(CancellationToken cancellationToken) =>
        ParallelWork.Run(_archive.Checksums, checksum => checksum.Verify(cancellationToken), cancellationToken);

    protected override void Dispose(bool disposing) => _archive.Dispose();
}
