using Gemma.Runtime.Engines.OnnxRuntime.Prepacking;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Packaging;

/// <summary>Packs a finished package's weights for this processor; the package stays whatever comes of it.</summary>
internal static class PackedPackage
{
    /// <exception cref="GemmaException">They could not be packed.</exception>
    public static async Task SaveAsync(string folder, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            var package = await ModelPackage.OpenAsync(folder, verify: false, cancellationToken).ConfigureAwait(false);
            await PrepackedWriter.SaveAsync(package, threads: 0, logger, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GemmaException or IOException or UnauthorizedAccessException)
        {
            throw new GemmaException($"{folder} is complete, but its weights could not be packed: {e.Message}", e);
        }
    }
}
