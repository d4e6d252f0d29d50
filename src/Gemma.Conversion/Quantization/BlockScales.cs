using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Quantization;

/// <summary>Scales and zero points of eight blocks: a weight is (q - zero) · scale.</summary>
/// <param name="Scale">The scales; any sign, 0 for a block of zeros.</param>
/// <param name="Zero">The zero points, whole numbers from 0 to the largest integer of the format.</param>
internal readonly record struct BlockScales(Vector256<float> Scale, Vector256<float> Zero);
