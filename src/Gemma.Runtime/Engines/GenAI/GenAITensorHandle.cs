namespace Gemma.Runtime.Engines.GenAI;

/// <summary>A copy of an output in host memory.</summary>
internal sealed class GenAITensorHandle : GenAIHandle
{
    protected override void Destroy(nint value) => GenAINative.OgaDestroyTensor(value);
}
