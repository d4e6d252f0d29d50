using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.OnnxRuntime.Memory;

/// <summary>
/// Gives ONNX Runtime memory from <see cref="HugePageMemory"/>. Its environment, of which a process has one, keeps one allocator for the processor; sessions
/// use it only where they ask for it with the entry <c>session.use_env_allocators</c>. The last that was registered is taken: an application that registers one
/// of its own after this one replaces it, and so does ONNX Runtime GenAI; one that was registered before is replaced, unless <see cref="Switch"/> is off.
/// </summary>
internal static unsafe class EnvironmentAllocator
{
    /// <summary>The switch of <c>runtimeconfig.json</c> that leaves ONNX Runtime its own memory, if false.</summary>
    public const string Switch = "Gemma.Runtime.HugePages";

    // The most that glibc raises its threshold to.
    private const nuint RaisingBlock = (32 << 20) - 4096;

    // OrtApi is a table that only grows: the places of CreateCpuMemoryInfo, ReleaseStatus and RegisterAllocator, and a version that has all of them.
    private const uint ApiVersion = 18;
    private const int CreateCpuMemoryInfo = 69;
    private const int ReleaseStatus = 93;
    private const int RegisterAllocator = 176;

    private const int DeviceAllocator = 0;
    private const int DefaultMemory = 0;
    private const nuint Alignment = 64;

    private static readonly Lazy<bool> Registered = new(Register);

    /// <summary>The large blocks.</summary>
    public static HugePageMemory Memory { get; } = new();

    /// <summary>Registers the allocator, once in a process.</summary>
    /// <returns>Whether sessions may ask for it: not on systems other than Linux, nor where the application has switched it off.</returns>
    public static bool TryRegister() => Registered.Value;

    private static bool Register()
    {
        if (!OperatingSystem.IsLinux() || (AppContext.TryGetSwitch(Switch, out var wanted) && !wanted)) return false;
        if (!NativeLibrary.TryLoad("onnxruntime", typeof(OrtEnv).Assembly, null, out var library)
            || !NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var export)) return false;
        var getApi = *(delegate* unmanaged[Cdecl]<uint, void**>*)((delegate* unmanaged[Cdecl]<void*>)export)();
        var api = getApi(ApiVersion);
        if (api is null) return false;

        void* memoryInfo;
        if (!Succeeded(api, ((delegate* unmanaged[Cdecl]<int, int, void**, void*>)api[CreateCpuMemoryInfo])(DeviceAllocator, DefaultMemory, &memoryInfo)))
            return false;

        // Blocks of the size that glibc mapped and got back it takes from its heaps from then on, of which it keeps twice as much: otherwise it would map
        // many a workspace of a pass anew, and every page of that would be a fault. Other C libraries do nothing of the kind.
        NativeMemory.Free(NativeMemory.Alloc(RaisingBlock));

        // The environment outlives everything else, and keeps both.
        var native = (NativeAllocator*)NativeMemory.AllocZeroed((nuint)sizeof(NativeAllocator));
        native->Version = ApiVersion;
        native->Allocate = &Allocate;
        native->Free = &Free;
        native->Info = &Info;
        native->Reserve = &Allocate;
        native->MemoryInfo = memoryInfo;
        return Succeeded(api,
            ((delegate* unmanaged[Cdecl]<nint, NativeAllocator*, void*>)api[RegisterAllocator])(OrtEnv.Instance().DangerousGetHandle(), native));
    }

    private static bool Succeeded(void** api, void* status)
    {
        if (status is null) return true;
        ((delegate* unmanaged[Cdecl]<void*, void>)api[ReleaseStatus])(status);
        return false;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Allocate(NativeAllocator* self, nuint length)
    {
        try
        {
            return length >= HugePageMemory.SmallestBlock ? Memory.Allocate(length) : NativeMemory.AlignedAlloc(Math.Max(1, length), Alignment);
        }
        catch (OutOfMemoryException)
        {
            // ONNX Runtime reports it.
            return null;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(NativeAllocator* self, void* block)
    {
        // Only few small blocks lie where large ones do.
        if (((nuint)block & (HugePageMemory.SmallestBlock - 1)) == 0 && Memory.Free(block)) return;
        NativeMemory.AlignedFree(block);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Info(NativeAllocator* self) => self->MemoryInfo;

    // OrtAllocator as of version 18, with what is ours behind it.
    [StructLayout(LayoutKind.Sequential)]
    private struct NativeAllocator
    {
        public uint Version;
        public delegate* unmanaged[Cdecl]<NativeAllocator*, nuint, void*> Allocate;
        public delegate* unmanaged[Cdecl]<NativeAllocator*, void*, void> Free;
        public delegate* unmanaged[Cdecl]<NativeAllocator*, void*> Info;
        public delegate* unmanaged[Cdecl]<NativeAllocator*, nuint, void*> Reserve;
        public void* MemoryInfo;
    }
}
