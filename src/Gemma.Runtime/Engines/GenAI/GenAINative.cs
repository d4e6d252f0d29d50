using System.Runtime.InteropServices;
using Gemma.Runtime.Engines.Native;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>
/// The functions of <c>ort_genai_c.h</c> that the engine calls, all of them part of version 0.12. A fallible one returns a result that
/// <see cref="GenAIResult.Check"/> turns into an exception. Functions that throw C++ exceptions through C (IsDone) are left out on purpose.
/// </summary>
internal static unsafe partial class GenAINative
{
    public const string Library = GenAILocation.Library;

    [LibraryImport(Library)]
    public static partial byte* OgaResultGetError(nint result);

    [LibraryImport(Library)]
    public static partial void OgaDestroyResult(nint result);

    [LibraryImport(Library)]
    public static partial void OgaDestroyString(byte* text);

    [LibraryImport(Library)]
    public static partial void OgaShutdown();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaSetLogBool(string name, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library)]
    public static partial nint OgaSetLogCallback(delegate* unmanaged[Cdecl]<byte*, nuint, void> callback);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaCreateConfig(string path, out GenAIConfigHandle config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaConfigOverlay(GenAIConfigHandle config, string json);

    [LibraryImport(Library)]
    public static partial nint OgaConfigClearProviders(GenAIConfigHandle config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaConfigAppendProvider(GenAIConfigHandle config, string provider);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaConfigSetProviderOption(GenAIConfigHandle config, string provider, string key, string value);

    [LibraryImport(Library)]
    public static partial void OgaDestroyConfig(nint config);

    [LibraryImport(Library)]
    public static partial nint OgaCreateModelFromConfig(GenAIConfigHandle config, out GenAIModelHandle model);

    [LibraryImport(Library)]
    public static partial nint OgaModelGetDeviceType(GenAIModelHandle model, out byte* text);

    [LibraryImport(Library)]
    public static partial void OgaDestroyModel(nint model);

    [LibraryImport(Library)]
    public static partial nint OgaCreateGeneratorParams(GenAIModelHandle model, out GenAIParametersHandle parameters);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaGeneratorParamsSetSearchNumber(GenAIParametersHandle parameters, string name, double value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaGeneratorParamsSetSearchBool(GenAIParametersHandle parameters, string name, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library)]
    public static partial void OgaDestroyGeneratorParams(nint parameters);

    [LibraryImport(Library)]
    public static partial nint OgaCreateGenerator(GenAIModelHandle model, GenAIParametersHandle parameters, out GenAIGeneratorHandle generator);

    [LibraryImport(Library)]
    public static partial void OgaDestroyGenerator(nint generator);

    [LibraryImport(Library)]
    public static partial nint OgaGenerator_AppendTokens(GenAIGeneratorHandle generator, ReadOnlySpan<int> ids, nuint count);

    [LibraryImport(Library)]
    public static partial nint OgaGenerator_GenerateNextToken(GenAIGeneratorHandle generator);

    [LibraryImport(Library)]
    public static partial nint OgaGenerator_GetNextTokens(GenAIGeneratorHandle generator, out int* tokens, out nuint count);

    [LibraryImport(Library)]
    public static partial nuint OgaGenerator_TokenCount(GenAIGeneratorHandle generator);

    [LibraryImport(Library)]
    public static partial nint OgaGenerator_RewindTo(GenAIGeneratorHandle generator, nuint length);

    [LibraryImport(Library)]
    public static partial nint OgaGenerator_GetLogits(GenAIGeneratorHandle generator, out GenAITensorHandle tensor);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaGenerator_GetOutput(GenAIGeneratorHandle generator, string name, out GenAITensorHandle tensor);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaGenerator_SetRuntimeOption(GenAIGeneratorHandle generator, string key, string value);

    [LibraryImport(Library)]
    public static partial nint OgaTensorGetShapeRank(GenAITensorHandle tensor, out nuint rank);

    [LibraryImport(Library)]
    public static partial nint OgaTensorGetShape(GenAITensorHandle tensor, Span<long> dimensions, nuint count);

    [LibraryImport(Library)]
    public static partial nint OgaTensorGetType(GenAITensorHandle tensor, out int type);

    [LibraryImport(Library)]
    public static partial nint OgaTensorGetData(GenAITensorHandle tensor, out void* data);

    [LibraryImport(Library)]
    public static partial void OgaDestroyTensor(nint tensor);
}
