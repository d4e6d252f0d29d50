namespace Gemma.Runtime.Prompts.Tools;

/// <summary>How a call's name and arguments are written.</summary>
internal enum CallSyntax
{
    /// <summary>A JSON string and a JSON object.</summary>
    Json,

    /// <summary>A call in Python, <c>name(key=value, …)</c>.</summary>
    Python,

    /// <summary>FunctionGemma's and Gemma 4's, <c>name{key:value,…}</c>, with marks around texts.</summary>
    Notation,
}
