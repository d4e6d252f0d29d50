namespace Gemma.Architecture.Tests;

/// <summary>A type that uses another.</summary>
internal readonly record struct TypeUse(string FromNamespace, string FromType, string ToNamespace, string ToType)
{
    public override string ToString() => $"{FromNamespace}.{FromType} -> {ToNamespace}.{ToType}";
}
