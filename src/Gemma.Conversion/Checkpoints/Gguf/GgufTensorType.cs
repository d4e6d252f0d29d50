using Gemma.Conversion.Checkpoints.Gguf.Blocks;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>A tensor type of GGUF files: plain numbers, blocks, or one that is only known by name.</summary>
/// <param name="Name">The name, such as "Q4_K".</param>
/// <param name="Elements">Weights of a block; 1 for plain numbers.</param>
/// <param name="Bytes">Bytes of a block.</param>
internal sealed record GgufTensorType(string Name, int Elements, int Bytes)
{
    private const string CodeBook = "its code books are not supported; take a file of another type, such as Q4_K_M or IQ4_XS";

    private static readonly Dictionary<uint, GgufTensorType> Types = new()
    {
        [0] = Plain("F32", TensorDataType.Float32),
        [1] = Plain("F16", TensorDataType.Float16),
        [2] = Of(new NibbleBlocks(hasMinimum: false)),
        [3] = Of(new NibbleBlocks(hasMinimum: true)),
        [6] = Of(new FiveBitBlocks(hasMinimum: false)),
        [7] = Of(new FiveBitBlocks(hasMinimum: true)),
        [8] = Of(new ByteBlocks()),
        [10] = Of(new Q2KBlocks()),
        [11] = Of(new Q3KBlocks()),
        [12] = Of(new Q45KBlocks(fiveBits: false)),
        [13] = Of(new Q45KBlocks(fiveBits: true)),
        [14] = Of(new Q6KBlocks()),
        [16] = Refused("IQ2_XXS", 66),
        [17] = Refused("IQ2_XS", 74),
        [18] = Refused("IQ3_XXS", 98),
        [19] = Refused("IQ1_S", 50),
        [20] = Of(new LookupBlocks.Uneven()),
        [21] = Refused("IQ3_S", 110),
        [22] = Refused("IQ2_S", 82),
        [23] = Of(new LookupBlocks.UnevenGroups()),
        [24] = Plain("I8", TensorDataType.Int8),
        [25] = Plain("I16", TensorDataType.Int16),
        [26] = Plain("I32", TensorDataType.Int32),
        [27] = Plain("I64", TensorDataType.Int64),
        [28] = Plain("F64", TensorDataType.Float64),
        [29] = Refused("IQ1_M", 56),
        [30] = Plain("BF16", TensorDataType.BFloat16),
        [34] = Of(new TernaryBlocks.BaseThree()),
        [35] = Of(new TernaryBlocks.TwoBits()),
        [39] = Of(new LookupBlocks.PowerOfTwo()),
        [40] = Of(new LookupBlocks.SmallFloat()),
        [41] = Of(new BitBlocks(1)),
        [42] = Of(new BitBlocks(2)),
    };

    // Never in a file, or no longer.
    private static readonly Dictionary<uint, string> Gone = new()
    {
        [4] = "Q4_2, which was removed from the format",
        [5] = "Q4_3, which was removed from the format",
        [9] = "Q8_1, which is for activations and never in a file",
        [15] = "Q8_K, which is for activations and never in a file",
        [31] = "Q4_0_4_4, which was removed from the format",
        [32] = "Q4_0_4_8, which was removed from the format",
        [33] = "Q4_0_8_8, which was removed from the format",
        [36] = "IQ4_NL_4_4, which was removed from the format",
        [37] = "IQ4_NL_4_8, which was removed from the format",
        [38] = "IQ4_NL_8_8, which was removed from the format",
    };

    /// <summary>The element type of plain numbers, or null.</summary>
    public TensorDataType? DataType { get; private init; }

    /// <summary>How blocks are taken apart, or null.</summary>
    public BlockType? Blocks { get; private init; }

    /// <summary>Why the type cannot be read although its size is known, or null.</summary>
    public string? Problem { get; private init; }

    /// <summary>The type of a number, or null if there is none.</summary>
    public static GgufTensorType? Find(uint id) => Types.GetValueOrDefault(id);

    /// <summary>What a number that stands for no type is, for messages.</summary>
    public static string Describe(uint id) => Gone.TryGetValue(id, out var name) ? $"the tensor's type is {name}" : $"the tensor's type, {id}, is unknown";

    private static GgufTensorType Plain(string name, TensorDataType type) => new(name, 1, ElementSize.Of(type)) { DataType = type };

    private static GgufTensorType Of(BlockType blocks) => new(blocks.Name, blocks.Elements, blocks.Bytes) { Blocks = blocks };

    private static GgufTensorType Refused(string name, int bytes) => new(name, 256, bytes) { Problem = CodeBook };
}
