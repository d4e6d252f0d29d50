using Gemma.Runtime.Models;

namespace Gemma.Conversion.Graph;

/// <summary>The length of the rotary tables, which is the hard limit of a sequence.</summary>
internal static class RotaryTable
{
    private const int MinimumHeadroom = 512;

    /// <summary>Positions in the tables: twice what the model was trained for, because transformers does not stop there either.</summary>
    public static int Positions(GemmaConfig config) => config.MaxPositionEmbeddings + Math.Max(config.MaxPositionEmbeddings, MinimumHeadroom);
}
