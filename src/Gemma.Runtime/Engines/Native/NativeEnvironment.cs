using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.Native;

/// <summary>
/// Sets environment variables where native code sees them: <see cref="Environment.SetEnvironmentVariable(string, string?)"/> changes .NET's copy only.
/// For settings that a native library reads while it is being loaded, before any function of it can be called; there is no other way in.
/// </summary>
internal static partial class NativeEnvironment
{
    public static void Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (OperatingSystem.IsWindows()) _ = PutEnvironment(name, value);
        else _ = SetEnvironment(name, value, 1);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("ucrtbase", EntryPoint = "_putenv_s", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PutEnvironment(string name, string value);
}
