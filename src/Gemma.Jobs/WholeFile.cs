namespace Gemma.Jobs;

/// <summary>Writes a file so that it is there whole, or not at all: under another name, flushed, renamed.</summary>
internal static class WholeFile
{
    public static async Task WriteAsync(string path, string temporary, Func<Stream, Task> write)
    {
        try
        {
            var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write);
            await using (stream.ConfigureAwait(false))
            {
                await write(stream).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
