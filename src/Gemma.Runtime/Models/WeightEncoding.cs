namespace Gemma.Runtime.Models;

/// <summary>How a precision stores the weights of projections.</summary>
internal enum WeightEncoding
{
    /// <summary>As floating-point numbers.</summary>
    Numbers,

    /// <summary>As integers in blocks that share a scale.</summary>
    Blocks,

    /// <summary>As integers with a scale for each output channel.</summary>
    Channels,

    /// <summary>As the checkpoint does.</summary>
    AsStored,
}
