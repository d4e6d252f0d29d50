namespace Gemma.Runtime.Prompts.Tools;

/// <summary>What comes next in an object or array that may be a call.</summary>
internal enum JsonCallPart
{
    /// <summary>An element of an array, or the whole.</summary>
    Element,

    /// <summary>A comma or the array's end.</summary>
    AfterElement,

    /// <summary>A key.</summary>
    Key,

    /// <summary>The colon after a key.</summary>
    Colon,

    /// <summary>A key's value.</summary>
    Value,

    /// <summary>A comma or the object's end.</summary>
    AfterValue,
}
