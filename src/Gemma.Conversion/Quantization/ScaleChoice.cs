namespace Gemma.Conversion.Quantization;

/// <summary>How the scale of a block of integer weights is chosen.</summary>
public enum ScaleChoice
{
    /// <summary>The scale (and zero point) with the smallest squared error, searched for each block.</summary>
    Search,

    /// <summary>The block's largest magnitude becomes the largest integer, as in ONNX Runtime's own tools; for comparison.</summary>
    AbsMax,
}
