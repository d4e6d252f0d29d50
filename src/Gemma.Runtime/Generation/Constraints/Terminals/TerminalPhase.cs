namespace Gemma.Runtime.Generation.Constraints.Terminals;

/// <summary>Where inside a JSON string a text is.</summary>
internal enum TerminalPhase
{
    /// <summary>Between two characters.</summary>
    Between,

    /// <summary>Before the first quote, or inside it.</summary>
    Before,

    /// <summary>After the last quote.</summary>
    After,

    /// <summary>Inside a character's UTF-8 bytes.</summary>
    Utf8,

    /// <summary>After a backslash.</summary>
    Escape,

    /// <summary>Among the hexadecimal digits of an escape.</summary>
    Hex,

    /// <summary>After the first half of a surrogate pair, before the second one's backslash.</summary>
    PairBackslash,

    /// <summary>Before the second one's u.</summary>
    PairU,

    /// <summary>Among the hexadecimal digits of the second one.</summary>
    PairHex,

    /// <summary>Inside the last quote.</summary>
    Closing,
}
