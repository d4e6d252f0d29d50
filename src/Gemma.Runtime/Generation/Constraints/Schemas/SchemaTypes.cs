namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>JSON's types.</summary>
[Flags]
internal enum SchemaTypes
{
    /// <summary>No type.</summary>
    None = 0,

    /// <summary>Objects.</summary>
    Object = 1,

    /// <summary>Arrays.</summary>
    Array = 2,

    /// <summary>Strings.</summary>
    String = 4,

    /// <summary>Numbers without a fraction.</summary>
    Integer = 8,

    /// <summary>Numbers with one.</summary>
    Fraction = 16,

    /// <summary>All numbers.</summary>
    Number = Integer | Fraction,

    /// <summary>True and false.</summary>
    Boolean = 32,

    /// <summary>Null.</summary>
    Null = 64,

    /// <summary>All types.</summary>
    All = Object | Array | String | Number | Boolean | Null,
}
