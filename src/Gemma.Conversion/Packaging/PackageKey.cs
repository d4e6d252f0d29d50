using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.IO;

namespace Gemma.Conversion.Packaging;

/// <summary>
/// Names a conversion by everything that decides its result: converter, settings and the content of every file that it reads, wherever they lie.
/// </summary>
internal static class PackageKey
{
    // Large files count with their length, time of change, beginning and end: reading gigabytes at every start would cost more than it guards against.
    private const long WholeFileBytes = 16 << 20;
    private const int SampleBytes = 1 << 20;

    // Some formats keep their tensors in folders; hidden ones are those of version control and of download tools.
    private static readonly EnumerationOptions Recursive = new() { RecurseSubdirectories = true, MaxRecursionDepth = 8, IgnoreInaccessible = false };

    /// <summary>Sixteen hexadecimal digits.</summary>
    public static async Task<string> ComputeAsync(string checkpoint, ConversionOptions options, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(SampleBytes);
        try
        {
            var sample = buffer.AsMemory(0, SampleBytes);
            AppendText(hash, $"{ConverterVersion.Value}\n{Settings(options)}");
            await AppendAsync(hash, "checkpoint", checkpoint, sample, cancellationToken).ConfigureAwait(false);
            if (File.Exists(checkpoint)) await AppendSiblingsAsync(hash, checkpoint, sample, cancellationToken).ConfigureAwait(false);
            await AppendAsync(hash, "config", options.ConfigPath, sample, cancellationToken).ConfigureAwait(false);
            await AppendAsync(hash, "adapter", options.LoraPath, sample, cancellationToken).ConfigureAwait(false);
            await AppendAsync(hash, "chat template", options.ChatTemplate, sample, cancellationToken).ConfigureAwait(false);
            await AppendAsync(hash, "calibration", options.Calibration, sample, cancellationToken).ConfigureAwait(false);
            foreach (var head in options.Heads)
            {
                await AppendAsync(hash, $"head {head.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(head.Path))}", head.Path, sample,
                    cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    /// <summary>The settings that decide the result and name no file, under names that stay: a renamed property converts nothing anew.</summary>
    internal static string Settings(ConversionOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"{options.Precision} block {options.BlockSize} zero points {options.ZeroPoints} scales {options.Scales} lm_head {options.LmHeadBits} "
            + $"target {options.Target} activations {options.Activations} prefill {options.Prefill} seed {options.CalibrationSeed} chat "
            + $"template {(options.NoChatTemplate ? "none" : "as asked")}");

    private static async Task AppendAsync(IncrementalHash hash, string role, string? path, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        AppendText(hash, role);
        if (path is null) return;
        if (File.Exists(path)) await AppendFileAsync(hash, Path.GetFileName(path), path, buffer, cancellationToken).ConfigureAwait(false);
        else if (!Directory.Exists(path)) AppendText(hash, path);
        else await AppendFilesAsync(hash, path, Directory.EnumerateFiles(path, "*", Recursive), buffer, cancellationToken).ConfigureAwait(false);
    }

    // Beside one weight file lie its configuration and its tokenizer, and what an index lists; beside the first part of a GGUF model the others.
    private static Task AppendSiblingsAsync(IncrementalHash hash, string file, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (GgufModel.IsGguf(file))
            return AppendFilesAsync(hash, Path.GetDirectoryName(Path.GetFullPath(file))!, GgufShards.Siblings(file), buffer, cancellationToken);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var isIndex = Path.GetExtension(file) == ".json";
        return AppendFilesAsync(hash, folder, Directory.EnumerateFiles(folder).Where(sibling => isIndex || Path.GetExtension(sibling) is ".json" or ".model"),
            buffer, cancellationToken);
    }

    private static async Task AppendFilesAsync(IncrementalHash hash, string folder, IEnumerable<string> files, Memory<byte> buffer,
        CancellationToken cancellationToken)
    {
        foreach (var file in files.Order(StringComparer.Ordinal))
            await AppendFileAsync(hash, Path.GetRelativePath(folder, file).Replace('\\', '/'), file, buffer, cancellationToken).ConfigureAwait(false);
    }

    private static async Task AppendFileAsync(IncrementalHash hash, string name, string file, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        RegularFile.Ensure(file);
        using var handle = File.OpenHandle(file, options: FileOptions.Asynchronous);
        var length = RandomAccess.GetLength(handle);
        var whole = length <= WholeFileBytes;
        AppendText(hash, string.Create(CultureInfo.InvariantCulture, $"{name}\n{length}\n{(whole ? 0 : File.GetLastWriteTimeUtc(handle).Ticks)}"));
        for (var offset = 0L; offset < length;)
        {
            var count = await RandomAccess.ReadAsync(handle, buffer, offset, cancellationToken).ConfigureAwait(false);
            if (count == 0) break;
            hash.AppendData(buffer.Span[..count]);
            offset = whole || offset > 0 ? offset + count : Math.Max(count, length - buffer.Length);
        }
    }

    private static void AppendText(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + '\n'));
}
