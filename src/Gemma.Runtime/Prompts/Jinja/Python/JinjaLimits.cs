namespace Gemma.Runtime.Prompts.Jinja.Python;

/// <summary>What one template may use. The largest published templates stay below a hundredth of each.</summary>
internal static class JinjaLimits
{
    /// <summary>Characters of a template.</summary>
    public const int TemplateLength = 1 << 20;

    /// <summary>Nodes of its syntax tree.</summary>
    public const int Nodes = 100_000;

    /// <summary>Depth of expressions, chains of operators and filters included.</summary>
    public const int ExpressionDepth = 500;

    /// <summary>Depth of statements.</summary>
    public const int StatementDepth = 100;

    /// <summary>Depth of macro calls, of recursive loops and of values that are written or compared.</summary>
    public const int Depth = 200;

    /// <summary>Nodes evaluated, items touched, and characters touched by 64.</summary>
    public const long Steps = 10_000_000;

    /// <summary>Characters of one text.</summary>
    public const int TextLength = 4 << 20;

    /// <summary>Pieces of one text.</summary>
    public const int Pieces = 250_000;

    /// <summary>Memory that a rendering takes for texts and lists over its whole life, in characters.</summary>
    public const long Memory = 16 << 20;

    /// <summary>Items of a list made by an operator or a filter.</summary>
    public const int ListLength = 1_000_000;

    /// <summary>Items of a range, as in Jinja's sandbox.</summary>
    public const int RangeLength = 100_000;

    /// <summary>Bits of an integer.</summary>
    public const int IntegerBits = 4096;

    /// <summary>Digits of an integer that is read or printed.</summary>
    public const int IntegerDigits = 1300;

    /// <summary>Digits after a decimal point that a format may ask for.</summary>
    public const int Precision = 100;
}
