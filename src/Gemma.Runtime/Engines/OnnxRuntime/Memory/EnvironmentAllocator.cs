using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.OnnxRuntime.Memory;

/// <summary>
/// Gives ONNX Runtime memory from <see cref="HugePageMemory"/>. Its environment, of which a process has one, takes one allocator for the processor; sessions use it only
/// where they ask for it with the entry <c>session.use_env_allocators</c>, so that those of others are not touched. ONNX Runtime GenAI registers one as well; in a process with both
/// libraries either may be used, by both.
/// </summary>
internal sealed unsafe class EnvironmentAllocator
{
    /// <summary>The switch of <c>runtimeconfig.json</c> that leaves ONNX Runtime its own memory, if false.</summary>
    public const string Switch = "Gemma.Runtime.HugePages";

    // OrtApi is a table that only grows: the places of CreateCpuMemoryInfo, ReleaseStatus and RegisterAllocator, and a version that has all of them.
    private const uint ApiVersion = 18;
    private const int CreateCpuMemoryInfo = 69;
    private const int ReleaseStatus = 93;
    private const int RegisterAllocator = 176;

    private const int DeviceAllocator = 0;
    private const int DefaultMemory = 0;
    private const nuint Alignment = 64;

    private static readonly Lazy<EnvironmentAllocator?> s_instance = new(Register);

    private readonly HugePageMemory _memory = new();

    private EnvironmentAllocator()
    {
    }

    /// <summary>The allocator, or null: on systems other than Linux, or if the application has switched it off or has registered another.</summary>
    public static EnvironmentAllocator? Instance => s_instance.Value;

    /// <summary>The large blocks.</summary>
    public HugePageMemory Memory => _memory;

    private static EnvironmentAllocator? Register()
    {
        if (!OperatingSystem.IsLinux() || (AppContext.TryGetSwitch(Switch, out var wanted) && !wanted)) return null;
        if (!NativeLibrary.TryLoad("onnxruntime", typeof(OrtEnv).Assembly, null, out var library) || !NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var export)) return null;
        var getApi = *(delegate* unmanaged[Cdecl]<uint, void**>*)((delegate* unmanaged[Cdecl]<void*>)export)();
        var api = getApi(ApiVersion);
        if (api is null) return null;

        void* memoryInfo;
        if (!Succeeded(api, ((delegate* unmanaged[Cdecl]<int, int, void**, void*>)api[CreateCpuMemoryInfo])(DeviceAllocator, DefaultMemory, &memoryInfo))) return null;

        // The environment outlives everything else, and keeps both.
        var instance = new EnvironmentAllocator();
        var native = (NativeAllocator*)NativeMemory.AllocZeroed((nuint)sizeof(NativeAllocator));
        native->Version = ApiVersion;
        native->Allocate = &Allocate;
        native->Free = &Free;
        native->Info = &Info;
        native->Reserve = &Allocate;
        native->MemoryInfo = memoryInfo;
        native->Owner = GCHandle.ToIntPtr(GCHandle.Alloc(instance));
        return Succeeded(api, ((delegate* unmanaged[Cdecl]<nint, NativeAllocator*, void*>)api[RegisterAllocator])(OrtEnv.Instance().DangerousGetHandle(), native)) ? instance : null;
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
            return length >= HugePageMemory.SmallestBlock ? Memories(self).Allocate(length) : NativeMemory.AlignedAlloc(Math.Max(1, length), Alignment);
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
        if (((nuint)block & (HugePageMemory.SmallestBlock - 1)) == 0 && Memories(self).Free(block)) return;
        NativeMemory.AlignedFree(block);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Info(NativeAllocator* self) => self->MemoryInfo;

    private static HugePageMemory Memories(NativeAllocator* self) => ((EnvironmentAllocator)GCHandle.FromIntPtr(self->Owner).Target!)._memory;

    // OrtAllocator as of version 18, and what is ours behind it.
    [StructLayout(LayoutKind.Sequential)]
    private struct NativeAllocator
    {
        public uint Version;
        public delegate* unmanaged[Cdecl]<NativeAllocator*, nuint, void*> Allocate;
        public delegate* unmanaged[Cdecl]<NativeAllocator*, void*, void> Free;
        public delegate* unmanaged[Cdecl]<NativeAllocator*, void*> Info;
        public delegate* unmanaged[Cdecl]<NativeAllocator*, nuint, void*> Reserve;
        public void* MemoryInfo;
        public nint Owner;
    }
}
