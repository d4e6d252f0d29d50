using System.Globalization;
using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.Providers;

/// <summary>What NVIDIA's driver says about this machine.</summary>
/// <param name="Version">The newest CUDA version that the driver runs, such as 13.1, or null without driver.</param>
/// <param name="Devices">The GPUs.</param>
/// <param name="Problem">Why there is none, or null.</param>
internal sealed unsafe record CudaDriver(string? Version, IReadOnlyList<CudaDevice> Devices, string? Problem)
{
    private const int NameBytes = 256;

    /// <summary>The driver's library.</summary>
    public static string Library => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /// <summary>Asks the driver; cheap where there is none.</summary>
    public static CudaDriver Query()
    {
        if (!NativeLibrary.TryLoad(Library, out var driver)) return new CudaDriver(null, [], $"no NVIDIA driver ({Library})");
        try
        {
            var code = ((delegate* unmanaged<uint, int>)NativeLibrary.GetExport(driver, "cuInit"))(0);
            if (code != 0) return new CudaDriver(null, [], string.Create(CultureInfo.InvariantCulture, $"the NVIDIA driver does not start (error {code})"));
            int version, count;
            _ = ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(driver, "cuDriverGetVersion"))(&version);
            _ = ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(driver, "cuDeviceGetCount"))(&count);
            CudaDevice[] devices = [.. Enumerable.Range(0, count).Select(index => Describe(driver, index))];
            return new CudaDriver(string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}"), devices, count == 0
                ? "the NVIDIA driver finds no GPU"
                : null);
        }
        catch (EntryPointNotFoundException e)
        {
            return new CudaDriver(null, [], $"{Library} is not an NVIDIA driver: {e.Message}");
        }
        finally
        {
            NativeLibrary.Free(driver);
        }
    }

    private static CudaDevice Describe(nint driver, int index)
    {
        int device;
        nuint memory = 0;
        var name = stackalloc byte[NameBytes];
        name[0] = 0;
        if (((delegate* unmanaged<int*, int, int>)NativeLibrary.GetExport(driver, "cuDeviceGet"))(&device, index) == 0)
        {
            _ = ((delegate* unmanaged<byte*, int, int, int>)NativeLibrary.GetExport(driver, "cuDeviceGetName"))(name, NameBytes, device);
            _ = ((delegate* unmanaged<nuint*, int, int>)NativeLibrary.GetExport(driver, "cuDeviceTotalMem_v2"))(&memory, device);
        }

        return new CudaDevice(index, Marshal.PtrToStringUTF8((nint)name) ?? string.Empty, (long)memory);
    }
}
