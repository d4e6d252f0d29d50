namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Integers that compare as the floats they stand for.</summary>
internal static class OrderedBits
{
    public static int From(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        return bits >= 0 ? bits : bits ^ int.MaxValue;
    }

    public static float ToSingle(int ordered) => BitConverter.Int32BitsToSingle(ordered >= 0 ? ordered : ordered ^ int.MaxValue);
}
