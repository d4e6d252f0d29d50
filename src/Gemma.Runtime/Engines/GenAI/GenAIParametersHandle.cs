namespace Gemma.Runtime.Engines.GenAI;

/// <summary>Search parameters; the generator copies them.</summary>
internal sealed class GenAIParametersHandle : GenAIHandle
{
    protected override void Destroy(nint value) => GenAINative.OgaDestroyGeneratorParams(value);
}
