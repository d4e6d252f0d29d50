using System.Numerics;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A range of integers.</summary>
internal sealed class RangeValue(BigInteger start, BigInteger stop, BigInteger step, int count) : JinjaValue
{
    public int Count => count;

    public BigInteger Start => start;

    public BigInteger Stop => stop;

    public BigInteger StepWidth => step;

    public override string TypeName => "range";

    public override bool IsTrue => count > 0;

    /// <summary>Makes a range within the limit.</summary>
    /// <exception cref="JinjaException">It is too long, or the step is 0.</exception>
    public static RangeValue Create(BigInteger start, BigInteger stop, BigInteger step)
    {
        if (step.IsZero) throw new JinjaException("range() arg 3 must not be zero");
        var span = step.Sign > 0 ? stop - start : start - stop;
        var count = span.Sign <= 0 ? BigInteger.Zero : (span + BigInteger.Abs(step) - 1) / BigInteger.Abs(step);
        if (count > JinjaLimits.RangeLength) throw new JinjaException($"a range has more than {JinjaLimits.RangeLength:N0} items");
        return new RangeValue(start, stop, step, (int)count);
    }

    public IntValue Item(int index) => IntValue.From(start + (step * index));

    /// <summary>All items.</summary>
    public IEnumerable<JinjaValue> Items
    {
        get
        {
            var isSmall = BigInteger.Abs(start) <= int.MaxValue && BigInteger.Abs(stop) <= int.MaxValue;
            var (first, width) = isSmall && BigInteger.Abs(step) <= int.MaxValue ? ((long)start, (long)step) : (0, 0);
            for (var i = 0; i < count; i++) yield return width == 0 ? Item(i) : IntValue.From((int)(first + (width * i)));
        }
    }

    public override JinjaValue? Attribute(RenderRun run, string name) => name switch
    {
        "start" => IntValue.From(start),
        "stop" => IntValue.From(stop),
        "step" => IntValue.From(step),
        _ => null,
    };
}
