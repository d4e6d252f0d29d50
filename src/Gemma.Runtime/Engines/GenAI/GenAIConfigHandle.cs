namespace Gemma.Runtime.Engines.GenAI;

/// <summary>A model's configuration while it is adjusted; the model copies it.</summary>
internal sealed class GenAIConfigHandle : GenAIHandle
{
    protected override void Destroy(nint value) => GenAINative.OgaDestroyConfig(value);
}
