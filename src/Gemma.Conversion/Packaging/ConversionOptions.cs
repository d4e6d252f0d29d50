namespace Gemma.Conversion.Packaging;

/// <summary>What a conversion makes of a checkpoint.</summary>
public sealed record ConversionOptions
{
    /// <summary>The weights' precision.</summary>
    /// <value>Default <see cref="ModelPrecision.Int4"/>.</value>
    public ModelPrecision Precision { get; init; } = ModelPrecision.Int4;

    /// <summary>Weights that share a scale, for integer precisions. Smaller is more exact, larger is faster.</summary>
    /// <value>32, 64 or 128; default 32.</value>
    public int BlockSize { get; init; } = 32;

    /// <summary>Bits of embedding and head, for integer precisions.</summary>
    /// <value>4 or 8; default null: as the other weights.</value>
    public int? HeadBits { get; init; }

    /// <summary>Whether an existing package at the target is replaced.</summary>
    /// <value>Default false.</value>
    public bool Overwrite { get; init; }

    /// <summary>A <c>config.json</c> to use instead of the checkpoint's.</summary>
    /// <value>Default null.</value>
    public string? ConfigPath { get; init; }

    internal void Validate()
    {
        if (!Enum.IsDefined(Precision)) throw new ArgumentOutOfRangeException(nameof(Precision), Precision, "Precision must be Fp32, Fp16, Bf16, Int8 or Int4.");
        if (BlockSize is not (32 or 64 or 128)) throw new ArgumentOutOfRangeException(nameof(BlockSize), BlockSize, "BlockSize must be 32, 64 or 128.");
        if (HeadBits is not (null or 4 or 8)) throw new ArgumentOutOfRangeException(nameof(HeadBits), HeadBits, "HeadBits must be 4 or 8.");
    }
}
