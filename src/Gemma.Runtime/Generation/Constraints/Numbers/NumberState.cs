namespace Gemma.Runtime.Generation.Constraints.Numbers;

/// <summary>How far a number has been read.</summary>
/// <param name="Part">Which part of it is read.</param>
/// <param name="IsNegative">Whether it has a sign.</param>
/// <param name="Digits">The digits so far.</param>
/// <param name="FractionDigits">Those behind the point, as far as they still matter.</param>
/// <param name="ToLow">How it compares with the least magnitude so far.</param>
/// <param name="ToHigh">How it compares with the greatest magnitude so far.</param>
/// <param name="Remainder">The remainder of its digits by the multiple.</param>
internal readonly record struct NumberState(NumberPart Part, bool IsNegative, int Digits, int FractionDigits, int ToLow, int ToHigh, int Remainder);
