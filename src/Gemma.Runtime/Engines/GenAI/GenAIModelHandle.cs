namespace Gemma.Runtime.Engines.GenAI;

/// <summary>An opened model; generators keep it alive.</summary>
internal sealed class GenAIModelHandle : GenAIHandle
{
    protected override void Destroy(nint value) => GenAINative.OgaDestroyModel(value);
}
