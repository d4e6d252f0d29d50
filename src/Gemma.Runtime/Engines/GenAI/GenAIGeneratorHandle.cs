namespace Gemma.Runtime.Engines.GenAI;

/// <summary>One sequence with its key-value cache.</summary>
internal sealed class GenAIGeneratorHandle : GenAIHandle
{
    protected override void Destroy(nint value) => GenAINative.OgaDestroyGenerator(value);
}
