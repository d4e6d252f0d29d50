namespace Gemma.Runtime.Generation.Constraints.Numbers;

/// <summary>The parts of a JSON number.</summary>
internal enum NumberPart
{
    /// <summary>Before the number.</summary>
    Start,

    /// <summary>After the sign.</summary>
    Sign,

    /// <summary>After a zero at the front.</summary>
    Zero,

    /// <summary>In the digits before the point.</summary>
    Whole,

    /// <summary>After the point.</summary>
    Point,

    /// <summary>In the digits behind the point.</summary>
    Fraction,

    /// <summary>After the e.</summary>
    Exponent,

    /// <summary>After the exponent's sign.</summary>
    ExponentSign,

    /// <summary>After the exponent's digit.</summary>
    End,
}
