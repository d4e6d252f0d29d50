namespace Gemma.Conversion.Hub;

/// <summary>How far a download is.</summary>
/// <param name="File">The file that got further.</param>
/// <param name="FileBytesDone">Bytes of it that are on this machine; fewer than before where it had to start over.</param>
/// <param name="BytesDone">Bytes of all files that are on this machine.</param>
/// <param name="BytesTotal">Bytes of all files.</param>
public readonly record struct HubProgress(HubFile File, long FileBytesDone, long BytesDone, long BytesTotal);
