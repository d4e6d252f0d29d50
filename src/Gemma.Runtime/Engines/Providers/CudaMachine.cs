using System.Globalization;
using System.Runtime.InteropServices;
using Gemma.Runtime.Engines.Native;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.Providers;

/// <summary>This machine.</summary>
internal sealed class CudaMachine : ICudaMachine
{
    public CudaDriver QueryDriver() => CudaDriver.Query();

    public OnnxRuntimeLibrary LoadOnnxRuntime() => OnnxRuntimeLibrary.Load();

    public bool CanLoad(string file)
    {
        if (!NativeLibrary.TryLoad(file, out var handle)) return false;
        NativeLibrary.Free(handle);
        return true;
    }

    public bool Has(IEnumerable<string> folders, string library) => NativeFolders.Find(folders, library) is not null;

    public string FindGenAI(string? folder) => GenAILocation.Find(folder);

    public void TryProvider(int index)
    {
        using var settings = new SessionOptions();
        CudaProvider.Append(settings, new() { ["device_id"] = index.ToString(CultureInfo.InvariantCulture) });
    }
}
