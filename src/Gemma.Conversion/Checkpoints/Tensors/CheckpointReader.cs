namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>
/// A checkpoint's tensors under Hugging Face's names and orientation, whatever container they came in. Nothing is held in memory: tensors are read from the
/// files as they are asked for.
/// </summary>
/// <remarks>Reading is safe for concurrent use; disposing is not.</remarks>
public abstract class CheckpointReader : IDisposable
{
    /// <summary>The container's name, for messages: "safetensors", "torch", "flax", "google-ckpt", "orbax", "gguf".</summary>
    public abstract string Format { get; }

    /// <summary>Where the checkpoint is, for messages.</summary>
    /// <value>Default: the container's name.</value>
    public virtual string Path => Format;

    /// <summary>The tensors by name.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Whether a conversion keeps the stored precision if none is asked for.</summary>
    internal virtual bool KeepsPrecision => false;

    /// <summary>The full paths of the files that are read.</summary>
    internal virtual IReadOnlyList<string> Files => [];

    /// <summary>Copies consecutive elements, row-major, as stored (little-endian).</summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <param name="start">The first element.</param>
    /// <param name="destination">Receives the bytes; its length is a multiple of the element size and decides how much is read.</param>
    public abstract void ReadRaw(string name, long start, Span<byte> destination);

    /// <summary>Copies consecutive elements, row-major, converted to binary32.</summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <param name="start">The first element.</param>
    /// <param name="destination">Receives the numbers; its length decides how much is read.</param>
    public abstract void Read(string name, long start, Span<float> destination);

    /// <summary>The tensor's blocks, if the file packs its weights into blocks that nothing has changed since; otherwise null.</summary>
    internal virtual BlockTensor? FindBlocks(string name) => null;

    /// <summary>Compares the data with the checksums that the container stores, where it stores any. Reads everything they cover.</summary>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InvalidModelException">The data is damaged.</exception>
    public virtual void Verify(CancellationToken cancellationToken)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the files.</summary>
    protected abstract void Dispose(bool disposing);
}
