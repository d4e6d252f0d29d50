using Microsoft.Win32.SafeHandles;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>Owns a native object. Half of GenAI's destroy functions crash on null, so none is ever called with it.</summary>
internal abstract class GenAIHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected abstract void Destroy(nint value);

    protected sealed override bool ReleaseHandle()
    {
        Destroy(handle);
        return true;
    }
}
