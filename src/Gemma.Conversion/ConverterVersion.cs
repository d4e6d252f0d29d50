using System.Reflection;

namespace Gemma.Conversion;

/// <summary>This library's version, as packages record it.</summary>
internal static class ConverterVersion
{
    public static string Value { get; } = typeof(ConverterVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        .Split('+')[0] ?? "0.0.0";
}
