using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>An integer of any size, within <see cref="JinjaLimits.IntegerBits"/>.</summary>
internal sealed class IntValue : JinjaValue
{
    private static readonly IntValue[] Small = [.. Enumerable.Range(-1, 258).Select(number => new IntValue(number))];

    private IntValue(BigInteger value) => Value = value;

    public BigInteger Value { get; }

    public override string TypeName => "int";

    public override bool IsTrue => !Value.IsZero;

    public static IntValue From(int value) => value is >= -1 and < 257 ? Small[value + 1] : new IntValue(value);

    public static IntValue From(BigInteger value)
    {
        if (value >= -1 && value < 257) return Small[(int)value + 1];
        return value.GetBitLength() <= JinjaLimits.IntegerBits
            ? new IntValue(value)
            : throw new JinjaException($"an integer has more than {JinjaLimits.IntegerBits:N0} bits");
    }
}
