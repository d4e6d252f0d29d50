using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Gemma.Runtime.Engines.OnnxRuntime.Prepacking;

/// <summary>
/// Names a processor by its kind and its instruction sets, which decide how ONNX Runtime lays weights out. It is a guess about that library: where it lays
/// weights out otherwise, it finds that the saved ones are not what it packs, and keeps its own.
/// </summary>
internal static class ProcessorName
{
    // CPUID: the name's three leaves, and the extended features.
    private const int FirstNameLeaf = unchecked((int)0x80000002);
    private const int LastNameLeaf = unchecked((int)0x80000004);
    private const int FeatureLeaf = 7;

    // Of the third register of features, most of which is about flaws that microcode mends, those of matrix units.
    private const int MatrixUnits = 0x03400000;

    /// <summary>Such as "AMD EPYC (x64 f1bf97a9 00415fde 00000000 00001830)".</summary>
    public static string Describe()
    {
        var architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        if (X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= FeatureLeaf && X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= LastNameLeaf)
        {
            // The instruction sets themselves, not what the compiler of this code makes of them: native and just-in-time builds agree.
            var (_, ebx, ecx, edx) = X86Base.CpuId(FeatureLeaf, 0);
            var more = X86Base.CpuId(FeatureLeaf, 1).Eax;
            return string.Create(CultureInfo.InvariantCulture, $"{BrandName()} ({architecture} {ebx:x8} {ecx:x8} {edx & MatrixUnits:x8} {more:x8})");
        }

        return $"{architecture}{(Dp.IsSupported ? " dotprod" : string.Empty)}{(HasMatrixMultiply() ? " i8mm" : string.Empty)}";
    }

    // .NET does not tell; Linux does.
    private static bool HasMatrixMultiply() =>
        OperatingSystem.IsLinux()
            && AdvSimd.IsSupported
            && File.ReadLines("/proc/cpuinfo").Any(line => line.StartsWith("Features", StringComparison.Ordinal) && line.Split(' ').Contains("i8mm"));

    private static string BrandName()
    {
        Span<byte> name = stackalloc byte[48];
        for (var leaf = FirstNameLeaf; leaf <= LastNameLeaf; leaf++)
        {
            var part = name[((leaf - FirstNameLeaf) * 16)..];
            var (eax, ebx, ecx, edx) = X86Base.CpuId(leaf, 0);
            BinaryPrimitives.WriteInt32LittleEndian(part, eax);
            BinaryPrimitives.WriteInt32LittleEndian(part[4..], ebx);
            BinaryPrimitives.WriteInt32LittleEndian(part[8..], ecx);
            BinaryPrimitives.WriteInt32LittleEndian(part[12..], edx);
        }

        return Encoding.ASCII.GetString(name).TrimEnd('\0').Trim();
    }
}
