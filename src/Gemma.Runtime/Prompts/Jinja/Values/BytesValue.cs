namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>What <c>encode</c> gives. It can be printed only.</summary>
internal sealed class BytesValue(byte[] value) : JinjaValue
{
    public ReadOnlySpan<byte> Value => value;

    public override string TypeName => "bytes";

    public override bool IsTrue => value.Length > 0;
}
